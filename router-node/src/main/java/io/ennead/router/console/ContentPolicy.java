package io.ennead.router.console;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the page may do, whatever text a model brings into it: run and show its own files, ask its
 * own server and, for the playground, the port beside it on the same host.
 */
final class ContentPolicy {
  private static final String ALL_BUT_CONNECT =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none';"
          + " form-action 'none'; frame-ancestors 'none'; connect-src 'self'";

  /** The header comes from the client, so only what is a host's name or address is repeated. */
  private static final Pattern HOST =
      Pattern.compile("([A-Za-z0-9.-]{1,253}|\\[[0-9A-Fa-f:.]{2,45}])(:[0-9]{1,5})?");

  private ContentPolicy() {}

  /**
   * The value of Content-Security-Policy.
   *
   * @param host the request's Host header
   */
  static String of(boolean tls, Optional<String> host, OptionalInt httpPort) {
    Matcher name = HOST.matcher(host.orElse(""));
    if (httpPort.isEmpty() || !name.matches()) {
      return ALL_BUT_CONNECT;
    }
    return "%s %s://%s:%d"
        .formatted(ALL_BUT_CONNECT, tls ? "https" : "http", name.group(1), httpPort.getAsInt());
  }
}
