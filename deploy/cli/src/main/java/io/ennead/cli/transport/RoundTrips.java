package io.ennead.cli.transport;

import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * How long one transport took for one kind of call.
 *
 * @param nanos of every call
 * @param medians of each round, in nanoseconds
 */
public record RoundTrips(String transport, LayerCall call, Histogram nanos, List<Double> medians) {

  /** Copies the list. */
  public RoundTrips {
    medians = List.copyOf(medians);
  }

  /** Microseconds within which so many percent of the calls ended. */
  public double micros(double percentile) {
    return nanos.getValueAtPercentile(percentile) / 1e3;
  }

  /** How many times as long as another transport, round by round. */
  public Ratio to(RoundTrips other) {
    double[] ratios = new double[medians.size()];
    for (int round = 0; round < ratios.length; round++) {
      ratios[round] = medians.get(round) / other.medians.get(round);
    }
    return Ratio.of(ratios);
  }
}
