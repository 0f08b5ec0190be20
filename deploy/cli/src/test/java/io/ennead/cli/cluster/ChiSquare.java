package io.ennead.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Pearson's test of counts against exact probabilities. */
final class ChiSquare {
  /** Of the standard normal distribution: one good run in a thousand is above. */
  private static final double POINT_999 = 3.0902;

  private ChiSquare() {}

  /** Fails when the counts are further off than 999 in 1000 samples of the distribution are. */
  static void assertFollows(long[] counts, double[] probabilities, String what) {
    double total = Arrays.stream(counts).sum();
    List<double[]> cells = new ArrayList<>(); // count, mean
    for (int i = 0; i < counts.length; i++) {
      cells.add(new double[] {counts[i], probabilities[i] * total});
    }
    cells.sort(Comparator.comparingDouble(cell -> cell[1]));
    double statistic = 0;
    int joined = 0;
    double count = 0;
    double mean = 0;
    for (double[] cell : cells) { // rarest first, until a cell expects at least 5
      count += cell[0];
      mean += cell[1];
      if (mean >= 5) {
        statistic += (count - mean) * (count - mean) / mean;
        joined++;
        count = 0;
        mean = 0;
      }
    }
    assertThat(joined).as("%s: cells", what).isGreaterThan(1);
    assertThat(statistic)
        .as("%s: chi-square of %d cells, %.0f draws", what, joined, total)
        .isLessThan(point999(joined - 1));
  }

  /** The 99.9 % point of chi-square (Wilson and Hilferty 1931), within 1 % from 3 degrees on. */
  private static double point999(int degrees) {
    double part = 2.0 / (9 * degrees);
    return degrees * Math.pow(1 - part + POINT_999 * Math.sqrt(part), 3);
  }
}
