package io.ennead.client;

import io.ennead.errors.ServingException;
import java.time.Duration;

/**
 * How often a client asks again by itself, and when. It does so where nothing of an answer has
 * arrived and the same may succeed soon: a queue was full, a node was loading, ending or out of
 * reach. Asking twice does no harm: feedback is all that calls change on the server, and the same
 * rating or deletion again changes nothing more. All attempts share the time limit of the call.
 *
 * <p>Waits are drawn from 0 to {@code firstDelay}, which doubles with every attempt up to {@code
 * longestDelay} ("full jitter", as AWS's architecture blog calls it), and come on top of what the
 * server asked for.
 *
 * @param attempts with the first one, at least 1
 * @param firstDelay after the first attempt, at most
 * @param longestDelay after any attempt
 */
public record RetryPolicy(int attempts, Duration firstDelay, Duration longestDelay) {
  /** Every failure is the caller's to see. */
  public static final RetryPolicy NONE = new RetryPolicy(1, Duration.ZERO, Duration.ZERO);

  /** Three attempts, after up to 100 and 200 ms. */
  public static final RetryPolicy DEFAULT =
      new RetryPolicy(3, Duration.ofMillis(100), Duration.ofSeconds(1));

  /**
   * Checks.
   *
   * @throws IllegalArgumentException naming what is wrong
   */
  public RetryPolicy {
    if (attempts < 1) {
      throw new IllegalArgumentException("attempts: %d (expected: at least 1)".formatted(attempts));
    }
    if (firstDelay.isNegative() || longestDelay.compareTo(firstDelay) < 0) {
      throw new IllegalArgumentException(
          "delays: %s to %s (expected: 0 or more, ascending)".formatted(firstDelay, longestDelay));
    }
  }

  /**
   * Whether the same call may succeed soon: a queue was full, or a node was loading, ending or out
   * of reach.
   */
  public static boolean mayPass(ServingException failure) {
    return switch (failure.reason()) {
      case ERROR_REASON_QUEUE_FULL,
          ERROR_REASON_NODE_LOADING,
          ERROR_REASON_NODE_DRAINING,
          ERROR_REASON_EXPERT_UNREACHABLE ->
          true;
      default -> false;
    };
  }

  /** The longest wait after so many attempts, at least 1. */
  Duration ceiling(int tried) {
    Duration doubled = firstDelay.multipliedBy(1L << Math.min(tried - 1, 20));
    return doubled.compareTo(longestDelay) < 0 ? doubled : longestDelay;
  }
}
