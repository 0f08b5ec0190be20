package io.ennead.node.http;

import java.net.URI;
import java.util.Optional;

/**
 * For a server that only its own machine reaches and that asks for no key: the host that is asked
 * for must be this machine by a name that no DNS decides. Otherwise a page of anybody's could read
 * what is served, having told the browser's DNS that its own name is 127.0.0.1. Immutable.
 *
 * @param format of refusals
 */
public record LocalHosts(Refusal.Format format) implements Guard {
  @Override
  public Optional<Answer> before(Request head) {
    return head.header("Host").map(LocalHosts::isLocal).orElse(true)
        ? Optional.empty()
        : Optional.of(
            format.answer(
                new Refusal(
                    403,
                    "HOST_NOT_ALLOWED",
                    "host: expected: localhost, since no key is asked for")));
  }

  /** Whether a Host header names this machine: localhost or a loopback address. */
  private static boolean isLocal(String host) {
    try {
      String name = URI.create("http://" + host).getHost();
      return name != null
          && (name.equalsIgnoreCase("localhost")
              || name.matches("127(\\.\\d{1,3}){3}")
              || name.equals("[::1]"));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
