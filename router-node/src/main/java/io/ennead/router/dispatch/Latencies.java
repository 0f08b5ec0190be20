package io.ennead.router.dispatch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.Arrays;

/**
 * The last {@value #WINDOW} durations of one kind of call, each divided by the call's size. Those
 * that were cut off count as long as they had run: were they left out, a limit that is too short
 * would never grow. Thread-safe.
 */
final class Latencies {
  static final int WINDOW = 512;

  /** Fewer say nothing of a percentile. */
  static final int ENOUGH = 32;

  /** Sorting costs microseconds, so it is done once for so many. */
  private static final int REFRESH = 32;

  @GuardedBy("this")
  private final double[] window = new double[WINDOW];

  @GuardedBy("this")
  private long count;

  private volatile Quantiles quantiles = Quantiles.UNKNOWN;

  /** Percentiles of nanoseconds per unit; NaN as long as too few calls are known. */
  record Quantiles(double p50, double p95, double p99) {
    static final Quantiles UNKNOWN = new Quantiles(Double.NaN, Double.NaN, Double.NaN);

    boolean known() {
      return !Double.isNaN(p50);
    }
  }

  synchronized void add(double nanosPerUnit) {
    window[(int) (count++ % WINDOW)] = nanosPerUnit;
    if (count >= ENOUGH && count % REFRESH == 0) {
      double[] sorted = Arrays.copyOf(window, (int) Math.min(count, WINDOW));
      Arrays.sort(sorted);
      quantiles = new Quantiles(at(sorted, 0.5), at(sorted, 0.95), at(sorted, 0.99));
    }
  }

  private static double at(double[] sorted, double quantile) {
    return sorted[(int) Math.ceil(quantile * sorted.length) - 1];
  }

  Quantiles quantiles() {
    return quantiles;
  }
}
