package io.ennead.router.balance;

import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Which experts of one layer each node holds.
 *
 * @param nodes ids of each node's experts
 */
record Layout(List<Set<Integer>> nodes) {
  /** How much worse than the best packing a layout may be that moves fewer experts. */
  private static final double WORTH_MORE_MOVES = 0.05;

  /** Copies. */
  Layout {
    nodes = nodes.stream().map(Set::copyOf).toList();
  }

  /** How many replicas there are, of all experts together. */
  int replicas() {
    return nodes.stream().mapToInt(Set::size).sum();
  }

  /** Load of the busiest node over the mean, replicas of an expert sharing its load; 1 is even. */
  double imbalance(long[] rows) {
    double[] loads = nodes.stream().mapToDouble(held -> load(held, rows)).toArray();
    double mean = IntStream.range(0, loads.length).mapToDouble(i -> loads[i]).average().orElse(0);
    double busiest = IntStream.range(0, loads.length).mapToDouble(i -> loads[i]).max().orElse(0);
    return mean == 0 ? 1 : busiest / mean;
  }

  private double load(Set<Integer> held, long[] rows) {
    return held.stream().mapToDouble(expert -> (double) rows[expert] / holders(expert)).sum();
  }

  private long holders(int expert) {
    return nodes.stream().filter(held -> held.contains(expert)).count();
  }

  /**
   * Where the experts should be: a few moves away, when that is about as even as the best packing.
   *
   * @param rows load of each expert
   * @param replicas of all experts together
   */
  Layout balanced(long[] rows, int replicas) {
    int[] counts = ReplicaCounts.of(rows, replicas, nodes.size());
    Layout near = Packing.near(this, rows, counts);
    Layout best = Packing.best(nodes.size(), rows, counts);
    return near.imbalance(rows) <= best.imbalance(rows) + WORTH_MORE_MOVES ? near : best;
  }
}
