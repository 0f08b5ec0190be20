package io.ennead.router.moe;

import java.time.Duration;
import java.util.Optional;

/**
 * What becomes of a request whose experts cannot be reached.
 *
 * @param patience how long the same tokens are tried again before the request fails; its deadline
 *     may come sooner
 * @param drop whether tokens may go on without an expert; that is told in the response
 */
public record FailurePolicy(Duration patience, Optional<Drop> drop) {
  /** Time between two tries: each costs a part of a step. */
  public static final Duration PAUSE = Duration.ofMillis(100);

  /** Fails at once. */
  public static final FailurePolicy FAIL = new FailurePolicy(Duration.ZERO, Optional.empty());

  /**
   * Whether the next try, a {@link #PAUSE} from now, comes before the patience is over.
   *
   * @param since when the trouble began, a {@link System#nanoTime()} as {@code now} is
   */
  public boolean allowsAnother(long since, long now) {
    return now + PAUSE.toNanos() - since < patience.toNanos();
  }

  /**
   * When tokens may go on with the experts that are left, whose weights then share the total.
   *
   * @param minExperts experts that a token must have at each layer, at least 1
   * @param maxShare tokens of a request that may lack experts, as a share of all so far; 0 to 1
   */
  public record Drop(int minExperts, double maxShare) {}

  /** The modes under which requests and configuration know the policies. */
  public enum Mode {
    /** Tries for a short while, then fails. */
    FAIL,
    /** Tries until the deadline. */
    WAIT,
    /** Goes on without. */
    DROP
  }
}
