package io.ennead.node.http;

import java.time.Duration;

/**
 * What the clients of one HTTP server may take of it, all of them together or each connection.
 *
 * @param connections open at a time; more are closed at once
 * @param requests being answered at a time; more get 503
 * @param threads that run handlers
 * @param headBytes of a request's line, and of its headers together
 * @param bodyBytes of all requests being read, or looked at by their handlers; more get 503
 * @param arrival of a whole request, from its connection or its head on
 * @param idle time between requests of a connection
 * @param unreadBytes of a streamed answer that may wait for its reader; more end the connection
 * @param stall how long a reader may take nothing of an answer
 */
public record HttpLimits(
    int connections,
    int requests,
    int threads,
    int headBytes,
    long bodyBytes,
    Duration arrival,
    Duration idle,
    long unreadBytes,
    Duration stall) {

  /** Of a port for probes and people: small requests, some of whose answers go on for long. */
  public static final HttpLimits ADMIN =
      new HttpLimits(
          1024,
          256,
          16,
          16 << 10,
          1 << 20,
          Duration.ofSeconds(5),
          Duration.ofSeconds(30),
          4 << 20,
          Duration.ofSeconds(30));

  /** Checks ranges. */
  public HttpLimits {
    requirePositive("connections", connections);
    requirePositive("requests", requests);
    requirePositive("threads", threads);
    requirePositive("head bytes", headBytes);
    requirePositive("body bytes", bodyBytes);
    requirePositive("arrival", arrival.toMillis());
    requirePositive("idle", idle.toMillis());
    requirePositive("unread bytes", unreadBytes);
    requirePositive("stall", stall.toMillis());
  }

  private static void requirePositive(String name, long value) {
    if (value <= 0) {
      throw new IllegalArgumentException("%s: %d (expected: at least 1)".formatted(name, value));
    }
  }
}
