package io.ennead.router.dispatch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What one node has to do for this router, and how fast and how well it does it. Thread-safe. */
final class PeerLoad {
  private static final double WEIGHT_OF_LATEST = 0.1;

  /** A node that nobody asks cannot show that it has become faster. */
  private static final double HALF_LIFE_NANOS = 1e9;

  /** It stopped for a while, more likely than that it is slow now. */
  private static final double HALF_LIFE_UNANSWERED_NANOS = 5e7;

  private final Breaker breaker = new Breaker();
  private final AtomicLong outstanding = new AtomicLong();
  private final AtomicInteger inFlight = new AtomicInteger();

  @GuardedBy("this")
  private double nanosPerUnit;

  @GuardedBy("this")
  private double halfLife = HALF_LIFE_NANOS;

  @GuardedBy("this")
  private long measuredAt = System.nanoTime();

  Breaker breaker() {
    return breaker;
  }

  void sent(int units) {
    outstanding.addAndGet(units);
    inFlight.incrementAndGet();
  }

  void ended(int units) {
    outstanding.addAndGet(-units);
    inFlight.decrementAndGet();
  }

  /** Calls that have not ended. */
  int inFlight() {
    return inFlight.get();
  }

  /** A call of so many units was answered after so long. */
  synchronized void took(int units, long nanos) {
    double latest = (double) nanos / units;
    double before = perUnit();
    set(before == 0 ? latest : before + WEIGHT_OF_LATEST * (latest - before), HALF_LIFE_NANOS);
  }

  /** A call was taken back unanswered after so long. */
  synchronized void tookMoreThan(int units, long nanos) {
    double least = (double) nanos / units;
    if (least > perUnit()) {
      set(least, HALF_LIFE_UNANSWERED_NANOS);
    }
  }

  @GuardedBy("this")
  private void set(double perUnit, double newHalfLife) {
    nanosPerUnit = perUnit;
    halfLife = newHalfLife;
    measuredAt = System.nanoTime();
  }

  @GuardedBy("this")
  private double perUnit() {
    return nanosPerUnit * Math.pow(0.5, (System.nanoTime() - measuredAt) / halfLife);
  }

  /** Expected nanoseconds until so many more units are done. */
  synchronized double waitFor(long units) {
    return Math.max(1, perUnit()) * (outstanding.get() + units);
  }
}
