package io.ennead.cli.adapt;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A mean and its 95 % interval, by the bootstrap over whole groups: what belongs together (the
 * continuations of one prompt) is drawn together. The same numbers give the same interval.
 */
record Interval(double mean, double low, double high) {
  private static final int RESAMPLES = 5000;

  /** The mean of all ratings; each group has at least one. */
  static Interval of(List<List<Double>> groups) {
    Random random = new Random(1);
    double[] resampled = new double[RESAMPLES];
    for (int i = 0; i < RESAMPLES; i++) {
      List<List<Double>> drawn = new ArrayList<>();
      for (int j = 0; j < groups.size(); j++) {
        drawn.add(groups.get(random.nextInt(groups.size())));
      }
      resampled[i] = mean(drawn);
    }
    Arrays.sort(resampled);
    return new Interval(
        mean(groups), resampled[(int) (0.025 * RESAMPLES)], resampled[(int) (0.975 * RESAMPLES)]);
  }

  private static double mean(List<List<Double>> groups) {
    double sum = 0;
    int count = 0;
    for (List<Double> group : groups) {
      for (double rating : group) {
        sum += rating;
      }
      count += group.size();
    }
    return sum / count;
  }
}
