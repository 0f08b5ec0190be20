package io.ennead.router.http;

import io.ennead.node.http.Answer;
import io.ennead.node.http.Guard;
import io.ennead.node.http.LocalHosts;
import io.ennead.node.http.Refusal;
import io.ennead.node.http.Request;
import io.ennead.router.api.DegradedTrailer;
import io.ennead.router.api.MixedNumericsHeader;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntSupplier;

/**
 * Keeps pages of other origins out: a browser sends their requests from inside a network that the
 * page's author is not in. Allowed are the console's origin (the same host, the admin port) and
 * those that were configured. Where no key is asked for, names may be an attacker's, whose DNS
 * tells them to be this machine: there the console's is an address or localhost, and on loopback so
 * is whatever host was asked for. Immutable.
 */
public final class BrowserGuard implements Guard {
  private static final String ORIGIN = "Origin";
  private static final String EXPOSED =
      String.join(
          ", ",
          OpenAiHandler.REQUEST_ID,
          OpenAiHandler.IGNORED,
          DegradedTrailer.NAME,
          MixedNumericsHeader.NAME);
  private static final Refusal FOREIGN =
      new Refusal(
          403, "ORIGIN_NOT_ALLOWED", "origin: expected: the console's, or one of http-origins");

  private final boolean open;
  private final Guard hosts;
  private final IntSupplier consolePort;
  private final Set<String> origins;

  /**
   * A guard.
   *
   * @param open whether no key is asked for
   * @param loopback whether only this machine can connect
   * @param consolePort of the same host, whose pages are allowed
   * @param origins that are allowed besides, such as {@code https://chat.example.org}
   */
  public BrowserGuard(
      boolean open, boolean loopback, IntSupplier consolePort, Set<String> origins) {
    this.open = open;
    this.hosts = open && loopback ? new LocalHosts(Answers.REFUSALS) : Guard.NONE;
    this.consolePort = consolePort;
    this.origins = Set.copyOf(origins);
  }

  @Override
  public Optional<Answer> before(Request head) {
    Optional<Answer> foreign = hosts.before(head);
    if (foreign.isPresent() || head.header(ORIGIN).isEmpty()) {
      return foreign;
    }
    if (!allowed(head)) {
      return Optional.of(Answers.REFUSALS.answer(FOREIGN));
    }
    boolean preflight =
        head.method().equals("OPTIONS") && head.header("Access-Control-Request-Method").isPresent();
    return preflight ? Optional.of(preflight()) : Optional.empty();
  }

  private static Answer preflight() {
    return new Answer(
        204,
        Map.of(
            "Access-Control-Allow-Methods", "GET, POST",
            "Access-Control-Allow-Headers",
                "authorization, content-type, x-request-timeout-seconds",
            "Access-Control-Max-Age", "600"),
        new byte[0]);
  }

  @Override
  public Map<String, String> headers(Request head) {
    Map<String, String> headers = new HashMap<>(Map.of("Vary", ORIGIN));
    head.header(ORIGIN)
        .filter(origin -> allowed(head))
        .ifPresent(
            origin -> {
              headers.put("Access-Control-Allow-Origin", origin);
              headers.put("Access-Control-Expose-Headers", EXPOSED);
            });
    return headers;
  }

  private boolean allowed(Request head) {
    String origin = head.header(ORIGIN).orElse("");
    String host = head.header("Host").orElse("");
    return origins.contains(origin) || own(origin, host);
  }

  private boolean own(String origin, String host) {
    try {
      URI page = URI.create(origin);
      URI asked = URI.create("http://" + host);
      return page.getHost() != null
          && page.getHost().equalsIgnoreCase(asked.getHost())
          && page.getPort() == consolePort.getAsInt()
          && (!open || fixed(page.getHost()));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Whether no DNS decides what a host is. */
  private static boolean fixed(String host) {
    return host.equalsIgnoreCase("localhost")
        || host.startsWith("[")
        || host.matches("\\d{1,3}(\\.\\d{1,3}){3}");
  }
}
