package io.ennead.router.balance;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.router.peer.ExpertHolder;
import io.ennead.router.peer.PeerState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** Turns loads and the experts that nodes hold into a plan, layer by layer. */
final class Planner {
  /** Per expert and layer: fewer say nothing about the load. */
  static final int LEAST_ROWS = 100;

  private final List<ExpertHolder> nodes;
  private final BalanceOptions options;
  private final List<Move> moves = new ArrayList<>();
  private final List<Double> now = new ArrayList<>();
  private final List<Double> planned = new ArrayList<>();
  private long total;

  /** Plans for the nodes that are ready. */
  Planner(List<ExpertHolder> nodes, BalanceOptions options) {
    this.nodes = nodes.stream().filter(node -> node.state() instanceof PeerState.Ready).toList();
    this.options = options;
  }

  /**
   * A plan.
   *
   * @param rows load of each expert, by layer
   */
  Plan plan(Map<Integer, long[]> rows) {
    rows.forEach(this::planLayer);
    return new Plan(moves, mean(now), mean(planned), total);
  }

  private void planLayer(int layer, long[] rows) {
    long sum = LongStream.of(rows).sum();
    total += sum;
    Layout current =
        new Layout(nodes.stream().map(node -> held(node, layer, rows.length)).toList());
    double imbalance = current.imbalance(rows);
    Layout target = current;
    if (sum >= (long) LEAST_ROWS * rows.length && !nodes.isEmpty()) {
      int replicas = options.replicas(rows.length, current.replicas());
      Layout balanced = current.balanced(rows, replicas);
      boolean otherNumber = balanced.replicas() != current.replicas();
      if (otherNumber || imbalance - balanced.imbalance(rows) >= options.minGain()) {
        target = balanced;
      }
    }
    now.add(imbalance);
    planned.add(target.imbalance(rows));
    for (int expert = 0; expert < rows.length; expert++) {
      addMoves(new ExpertId(layer, expert), current, target);
    }
  }

  /** Of the model's own experts: those of packs stay where they were put. */
  private static Set<Integer> held(ExpertHolder node, int layer, int experts) {
    return node.state().experts().keySet().stream()
        .filter(id -> id.layer() == layer && id.expert() < experts)
        .map(ExpertId::expert)
        .collect(Collectors.toSet());
  }

  private void addMoves(ExpertId id, Layout current, Layout target) {
    Deque<ExpertHolder> from = new ArrayDeque<>();
    Deque<ExpertHolder> to = new ArrayDeque<>();
    for (int node = 0; node < nodes.size(); node++) {
      boolean has = current.nodes().get(node).contains(id.expert());
      boolean shall = target.nodes().get(node).contains(id.expert());
      if (has != shall) {
        (shall ? to : from).add(nodes.get(node));
      }
    }
    while (!from.isEmpty() || !to.isEmpty()) {
      moves.add(new Move(id, Optional.ofNullable(from.poll()), Optional.ofNullable(to.poll())));
    }
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(value -> value).average().orElse(1);
  }
}
