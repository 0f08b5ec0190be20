package io.ennead.router.balance;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * How many nodes should hold each expert of a layer, so that the most loaded replica has as little
 * to do as possible: {@code replicate_experts} of DeepSeek's load balancer
 * (github.com/deepseek-ai/EPLB, eplb.py), with a bound, since a node holds an expert once.
 */
final class ReplicaCounts {
  private ReplicaCounts() {}

  /**
   * Gives one replica after the other to the expert whose replicas have the most to do; of several
   * to the one with the fewest, then to the first.
   *
   * @param rows load of each expert
   * @param total replicas of all experts together, at least one for each
   * @param most replicas of one expert
   */
  static int[] of(long[] rows, int total, int most) {
    int[] counts = new int[rows.length];
    Arrays.fill(counts, 1);
    Comparator<Integer> byLoad =
        Comparator.<Integer>comparingDouble(expert -> -(double) rows[expert] / counts[expert])
            .thenComparing(expert -> counts[expert]);
    for (int given = rows.length; given < Math.min(total, rows.length * most); given++) {
      IntStream.range(0, rows.length)
          .filter(expert -> counts[expert] < most)
          .boxed()
          .min(byLoad)
          .ifPresent(expert -> counts[expert]++);
    }
    return counts;
  }
}
