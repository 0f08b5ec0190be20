package io.ennead.router.dispatch;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/**
 * At most one hedge for so many calls, some of them at once: hedging must not double the load of
 * nodes that are slow because they have too much of it. Thread-safe.
 */
final class HedgeBudget {
  private static final double SHARE = 0.05;
  private static final double BURST = 10;

  @GuardedBy("this")
  private double saved = BURST;

  /** A call was sent. */
  synchronized void earn() {
    saved = Math.min(BURST, saved + SHARE);
  }

  /** Whether a hedge may be sent now. */
  synchronized boolean spend() {
    if (saved < 1) {
      return false;
    }
    saved--;
    return true;
  }
}
