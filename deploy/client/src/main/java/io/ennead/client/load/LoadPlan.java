package io.ennead.client.load;

import java.time.Duration;
import java.util.Optional;

/**
 * What is sent, and for how long: until {@code total} requests are sent or {@code duration} is
 * over, whichever comes first. Requests that are under way then are awaited and count.
 *
 * @param total at least 1
 * @param duration of sending; empty: until all are sent
 * @param timeout of each request
 * @param promptTokens lengths of the prompts; empty: those of given requests
 * @param tokens how many tokens each answer has; empty: as given requests ask for
 * @param objective what a request must reach to count as good
 * @param seed of what is drawn: lengths, prompts, moments
 */
public record LoadPlan(
    Arrivals arrivals,
    int total,
    Optional<Duration> duration,
    Duration timeout,
    Optional<Lengths> promptTokens,
    Optional<Lengths> tokens,
    Objective objective,
    long seed) {

  /**
   * Limits that a request must keep.
   *
   * @param firstToken most time from when it was due to its first token; empty: any
   * @param perToken most time from one token to the next, on average; empty: any
   */
  public record Objective(Optional<Duration> firstToken, Optional<Duration> perToken) {
    /** No limits. */
    public static final Objective NONE = new Objective(Optional.empty(), Optional.empty());

    /** Whether a request was answered within the limits. */
    public boolean metBy(RequestRecord request) {
      return request.error().isEmpty()
          && firstToken.map(limit -> request.firstTokenNanos() <= limit.toNanos()).orElse(true)
          && perToken.map(limit -> request.nanosPerToken() <= limit.toNanos()).orElse(true);
    }
  }
}
