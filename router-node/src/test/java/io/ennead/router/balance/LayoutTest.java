package io.ennead.router.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Against what DeepSeek's eplb.py (commit d52c72d) gives; the first two rows are the example of its
 * README.
 */
class LayoutTest {
  private static final long[] README_0 = {90, 132, 40, 61, 104, 165, 39, 4, 73, 56, 183, 86};
  private static final long[] README_1 = {20, 107, 104, 64, 19, 197, 187, 157, 172, 86, 16, 27};

  @ParameterizedTest
  @MethodSource
  void replicaCountsAreThoseOfEplb(long[] rows, int total, int[] counts) {
    assertThat(ReplicaCounts.of(rows, total, total)).containsExactly(counts);
  }

  static Stream<Arguments> replicaCountsAreThoseOfEplb() {
    return Stream.of(
        counts(README_0, 1, 2, 1, 1, 2, 2, 1, 1, 1, 1, 2, 1),
        counts(README_1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 1, 1, 1),
        counts(README_0, 2, 3, 1, 2, 2, 3, 1, 1, 2, 1, 4, 2),
        counts(README_1, 1, 2, 2, 1, 1, 4, 3, 3, 3, 2, 1, 1),
        counts(rows(780, 143, 599, 990, 59, 341, 900, 358), 2, 1, 2, 2, 1, 1, 2, 1),
        counts(rows(307, 93, 744, 680, 860, 754, 673, 893), 1, 1, 2, 2, 3, 2, 2, 3),
        counts(rows(983, 645, 928, 387, 272), 3, 2, 2, 1, 1));
  }

  private static long[] rows(long... rows) {
    return rows;
  }

  private static Arguments counts(long[] rows, int... counts) {
    return Arguments.of(rows, IntStream.of(counts).sum(), counts);
  }

  @Test
  void noExpertHasMoreReplicasThanThereAreNodes() {
    assertThat(ReplicaCounts.of(rows(1000, 1, 1), 9, 2)).containsExactly(2, 2, 2);
  }

  @Test
  void expertsWithoutLoadShareWhatIsLeftOver() {
    assertThat(ReplicaCounts.of(rows(0, 0, 0), 5, 3)).containsExactly(2, 2, 1);
  }

  @ParameterizedTest
  @MethodSource
  void theBusiestNodeHasAboutAsMuchToDoAsByEplb(long[] rows, int replicas, double imbalance) {
    Layout start = contiguous(rows.length, 8);
    Layout balanced = start.balanced(rows, replicas);
    // A twentieth of the mean more is allowed where it saves moves.
    assertThat(balanced.imbalance(rows)).isLessThanOrEqualTo(imbalance + 0.05);
    assertThat(balanced.imbalance(rows)).isLessThan(start.imbalance(rows));
  }

  static Stream<Arguments> theBusiestNodeHasAboutAsMuchToDoAsByEplb() {
    return Stream.of(
        Arguments.of(README_0, 16, 1.0726040658276863),
        Arguments.of(README_1, 16, 1.1903114186851211),
        Arguments.of(README_0, 24, 1.05324298160697));
  }

  private static Layout contiguous(int experts, int nodes) {
    List<Set<Integer>> held = new ArrayList<>();
    IntStream.range(0, nodes).forEach(node -> held.add(new HashSet<>()));
    IntStream.range(0, experts).forEach(expert -> held.get(expert * nodes / experts).add(expert));
    return new Layout(held);
  }

  @Test
  void everyLayoutHoldsEveryExpertAsOftenAsPlannedAndOnceANode() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      int nodes = 1 + random.nextInt(9);
      int experts = 1 + random.nextInt(20);
      long[] rows = random.longs(experts, 0, 1000).toArray();
      int replicas = experts + random.nextInt(2 * nodes);
      Layout balanced = random(random, experts, nodes).balanced(rows, replicas);
      int[] held = new int[experts];
      balanced.nodes().forEach(node -> node.forEach(expert -> held[expert]++));
      assertThat(held)
          .as(
              "seed %d, %d nodes, rows %s, %d replicas",
              seed, nodes, Arrays.toString(rows), replicas)
          .containsExactly(ReplicaCounts.of(rows, replicas, nodes));
    }
  }

  private static Layout random(Random random, int experts, int nodes) {
    List<Set<Integer>> held = new ArrayList<>();
    for (int node = 0; node < nodes; node++) {
      Set<Integer> some = new HashSet<>();
      random.ints(experts / 2, 0, experts).forEach(some::add);
      held.add(some);
    }
    return new Layout(held);
  }

  @Test
  void whatIsBalancedStaysWhereItIs() {
    long[] rows = rows(100, 101, 99, 100, 102, 98, 100, 100);
    Layout start = contiguous(8, 4);
    assertThat(start.balanced(rows, 8)).isEqualTo(start);
  }

  @Test
  void oneHeavyExpertIsExchangedForALightOne() {
    long[] rows = rows(500, 400, 100, 100, 300, 250, 280, 270);
    Layout balanced = contiguous(8, 4).balanced(rows, 8);
    assertThat(balanced.imbalance(rows)).isLessThan(1.15);
    assertThat(balanced.nodes()).contains(Set.of(4, 5), Set.of(6, 7));
  }

  @Test
  void imbalanceIsTheBusiestNodeOverTheMean() {
    Layout layout = new Layout(List.of(Set.of(0, 1), Set.of(1), Set.of(2)));
    // loads 10 + 30, 30, 20: 40 over 30
    assertThat(layout.imbalance(rows(10, 60, 20))).isCloseTo(40.0 / 30, within(1e-12));
    assertThat(layout.imbalance(rows(0, 0, 0))).isEqualTo(1);
  }
}
