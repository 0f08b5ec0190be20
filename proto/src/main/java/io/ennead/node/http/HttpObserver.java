package io.ennead.node.http;

import java.time.Duration;

/** Learns of the requests of a server that were answered. Thread-safe; does not block. */
public interface HttpObserver {
  /** Looks away. */
  HttpObserver NONE = (route, status, time) -> {};

  /**
   * A request's answer has ended, in whatever way.
   *
   * @param route path of the route; "other" where there is none
   * @param status that was sent; 499 when the client left before any was
   */
  void answered(String route, int status, Duration time);
}
