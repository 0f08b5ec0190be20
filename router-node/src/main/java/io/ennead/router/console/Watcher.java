package io.ennead.router.console;

/** Somebody who watches the feed. */
interface Watcher {
  /** Whether it takes an event now; one that does not misses it. */
  boolean ready();

  /** Sends an event; does not block. */
  void send(String event, String json);

  /** Ends the watching. */
  void close();
}
