package io.ennead.cli.transport;

import java.util.Arrays;

/** A ratio measured several times. */
public record Ratio(double least, double median, double most) {

  static Ratio of(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int last = sorted.length - 1;
    return new Ratio(sorted[0], (sorted[last / 2] + sorted[sorted.length / 2]) / 2, sorted[last]);
  }
}
