package io.ennead.router.dispatch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.BitSet;

/**
 * Keeps calls from a node that does not answer as it should. It opens at once when a call outlives
 * its budget (a node that hangs says nothing else), after {@value #CONSECUTIVE} failures in a row,
 * and when half of the last {@value #WINDOW} calls failed. Open, it lets one call at a time through
 * as a probe, once the node has been heard from; a node that says it is well and still fails its
 * probes has to wait longer from one to the next. A probe that succeeds closes the breaker.
 *
 * <p>Times are {@link System#nanoTime()}. Thread-safe.
 */
final class Breaker {
  static final int CONSECUTIVE = 3;
  static final int WINDOW = 20;
  static final Duration SHORTEST = Duration.ofMillis(250);
  static final Duration LONGEST = Duration.ofSeconds(8);

  @GuardedBy("this")
  private final BitSet failures = new BitSet(WINDOW);

  @GuardedBy("this")
  private long calls;

  @GuardedBy("this")
  private int inARow;

  @GuardedBy("this")
  private boolean open;

  @GuardedBy("this")
  private boolean probing;

  @GuardedBy("this")
  private long openedAt;

  @GuardedBy("this")
  private long pause;

  /** Whether the node gets calls as others do. */
  synchronized boolean closed() {
    return !open;
  }

  /**
   * Takes the turn to probe, which ends with {@link #success}, {@link #failure}, {@link #late} or
   * {@link #unsettled}.
   *
   * @param heardAt when the node last said what it is
   */
  synchronized boolean tryProbe(long now, long heardAt) {
    boolean due = heardAt - openedAt > 0 && now - openedAt >= pause;
    if (!open || probing || !due) {
      return false;
    }
    probing = true;
    return true;
  }

  /** A call succeeded; gives whether that closed the breaker. */
  synchronized boolean success() {
    boolean closes = open && probing;
    if (closes) {
      open = false;
      probing = false;
      failures.clear();
      calls = 0;
    }
    inARow = 0;
    count(false);
    if (calls >= WINDOW && failures.isEmpty()) {
      pause = 0;
    }
    return closes;
  }

  /** A call failed; gives whether that opened the breaker. */
  synchronized boolean failure(long now) {
    inARow++;
    count(true);
    boolean often = calls >= WINDOW && failures.cardinality() >= WINDOW / 2;
    return (open || inARow >= CONSECUTIVE || often) && trip(now);
  }

  /** A call outlived its budget; gives whether that opened the breaker. */
  synchronized boolean late(long now) {
    inARow++;
    count(true);
    return trip(now);
  }

  /** A call ended in a way that says nothing about the node. */
  synchronized void unsettled() {
    probing = false;
  }

  @GuardedBy("this")
  private boolean trip(long now) {
    boolean news = !open;
    if (probing) {
      pause = Math.min(LONGEST.toNanos(), Math.max(SHORTEST.toNanos(), 2 * pause));
    }
    if (news || probing) { // else it was sent before
      openedAt = now;
    }
    open = true;
    probing = false;
    return news;
  }

  @GuardedBy("this")
  private void count(boolean failed) {
    failures.set((int) (calls++ % WINDOW), failed);
  }
}
