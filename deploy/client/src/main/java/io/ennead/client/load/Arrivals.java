package io.ennead.client.load;

/** When requests are sent. */
public sealed interface Arrivals {

  /**
   * A closed loop: a fixed number of clients, each of which sends its next request when it has the
   * answer to the last. A slow server is sent less.
   *
   * @param clients at least 1
   */
  record Closed(int clients) implements Arrivals {
    /** Refuses no clients. */
    public Closed {
      if (clients < 1) {
        throw new IllegalArgumentException("%d clients (expected: at least 1)".formatted(clients));
      }
    }
  }

  /**
   * An open loop: requests come at random moments (a Poisson process) whether or not others are
   * answered. Times count from the moment a request is due, so that a server that is behind shows.
   *
   * @param perSecond requests per second on average, more than 0, finite
   */
  record Poisson(double perSecond) implements Arrivals {
    /** Refuses what is no rate. */
    public Poisson {
      if (!(perSecond > 0) || Double.isInfinite(perSecond)) {
        throw new IllegalArgumentException(
            "%s requests per second (expected: more than 0)".formatted(perSecond));
      }
    }
  }
}
