package io.ennead.router.dispatch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.atomic.AtomicLong;

/** What one node has to do for this router, and how fast and how well it does it. Thread-safe. */
final class PeerLoad {
  private static final double WEIGHT_OF_LATEST = 0.1;

  /** A node that nobody asks cannot show that it has become faster. */
  private static final double HALF_LIFE_NANOS = 1e9;

  private final Breaker breaker = new Breaker();
  private final AtomicLong outstanding = new AtomicLong();

  @GuardedBy("this")
  private double nanosPerUnit;

  @GuardedBy("this")
  private long measuredAt = System.nanoTime();

  Breaker breaker() {
    return breaker;
  }

  void sent(int units) {
    outstanding.addAndGet(units);
  }

  void ended(int units) {
    outstanding.addAndGet(-units);
  }

  /** A call of so many units was answered after so long. */
  synchronized void took(int units, long nanos) {
    double latest = (double) nanos / units;
    double before = nanosPerUnit;
    nanosPerUnit = before == 0 ? latest : before + WEIGHT_OF_LATEST * (latest - before);
    measuredAt = System.nanoTime();
  }

  /** A call was taken back unanswered after so long. */
  synchronized void tookMoreThan(int units, long nanos) {
    if ((double) nanos / units > nanosPerUnit) {
      took(units, nanos);
    }
  }

  /** Expected nanoseconds until so many more units are done. */
  synchronized double waitFor(long units) {
    double age = System.nanoTime() - measuredAt;
    double perUnit = nanosPerUnit * Math.pow(0.5, age / HALF_LIFE_NANOS);
    return Math.max(1, perUnit) * (outstanding.get() + units);
  }
}
