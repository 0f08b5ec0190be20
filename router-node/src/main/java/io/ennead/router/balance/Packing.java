package io.ennead.router.balance;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Replicas of one layer's experts on nodes with equally many places, while they are put there. A
 * node holds an expert once; where that leaves no place, a node gets one more.
 */
final class Packing {
  /** Changes that even out less than this share of a node's mean load are not worth a move. */
  private static final double LEAST_GAIN = 0.02;

  private final long[] rows;
  private final int[] counts;
  private final int places;
  private final List<Set<Integer>> nodes = new ArrayList<>();

  private Packing(int nodes, long[] rows, int[] counts) {
    this.rows = rows;
    this.counts = counts;
    this.places = (IntStream.of(counts).sum() + nodes - 1) / nodes;
    IntStream.range(0, nodes).forEach(node -> this.nodes.add(new TreeSet<>()));
  }

  /**
   * The heaviest replica first, each on the node that has the least to do and a place left: {@code
   * balanced_packing} of DeepSeek's load balancer (github.com/deepseek-ai/EPLB, eplb.py).
   *
   * @param counts replicas of each expert
   */
  static Layout best(int nodes, long[] rows, int[] counts) {
    Packing packing = new Packing(nodes, rows, counts);
    IntStream.range(0, rows.length)
        .boxed()
        .sorted(Comparator.comparingDouble(expert -> -packing.load(expert)))
        .forEach(packing::addMissing);
    return new Layout(packing.nodes);
  }

  /**
   * What few changes make of a layout: replicas that are too many leave, those that are missing
   * come, and then experts leave the busiest node, alone or in exchange, as long as that evens out
   * the load.
   */
  static Layout near(Layout start, long[] rows, int[] counts) {
    Packing packing = new Packing(start.nodes().size(), rows, counts);
    IntStream.range(0, start.nodes().size())
        .forEach(node -> packing.nodes.get(node).addAll(start.nodes().get(node)));
    IntStream.range(0, rows.length).forEach(packing::removeSurplus);
    IntStream.range(0, rows.length)
        .boxed()
        .sorted(Comparator.comparingDouble(expert -> -packing.load(expert)))
        .forEach(packing::addMissing);
    packing.evenOut();
    return new Layout(packing.nodes);
  }

  /** Of one replica. */
  private double load(int expert) {
    return (double) rows[expert] / counts[expert];
  }

  private double loadOf(int node) {
    return nodes.get(node).stream().mapToDouble(this::load).sum();
  }

  private Stream<Integer> all() {
    return IntStream.range(0, nodes.size()).boxed();
  }

  private long holders(int expert) {
    return nodes.stream().filter(held -> held.contains(expert)).count();
  }

  private void removeSurplus(int expert) {
    while (holders(expert) > counts[expert]) {
      all()
          .filter(node -> nodes.get(node).contains(expert))
          .max(Comparator.comparingDouble(this::loadOf))
          .ifPresent(node -> nodes.get(node).remove(expert));
    }
  }

  private void addMissing(int expert) {
    while (holders(expert) < counts[expert]) {
      all()
          .filter(node -> !nodes.get(node).contains(expert))
          .min(
              Comparator.<Integer, Boolean>comparing(node -> nodes.get(node).size() >= places)
                  .thenComparing(this::loadOf))
          .ifPresent(node -> nodes.get(node).add(expert));
    }
  }

  /** An expert that goes from one node to another, and maybe one that comes back for it. */
  private record Change(int from, int to, int gives, Optional<Integer> takes) {}

  private void evenOut() {
    double least = LEAST_GAIN * all().mapToDouble(this::loadOf).sum() / nodes.size();
    for (int round = 0; round < nodes.size() * rows.length; round++) {
      int busiest = all().max(Comparator.comparingDouble(this::loadOf)).orElseThrow();
      Optional<Change> change =
          changes(busiest).min(Comparator.comparingDouble(this::busierOfBoth));
      if (change.isEmpty()
          || loadOf(busiest) - busierOfBoth(change.get()) < Math.max(least, 1e-9)) {
        return;
      }
      apply(change.get());
    }
  }

  private Stream<Change> changes(int from) {
    return nodes.get(from).stream()
        .flatMap(
            expert ->
                all()
                    .filter(node -> !nodes.get(node).contains(expert))
                    .flatMap(node -> changes(from, node, expert)));
  }

  private Stream<Change> changes(int from, int to, int gives) {
    Stream<Change> exchanges =
        nodes.get(to).stream()
            .filter(expert -> !nodes.get(from).contains(expert))
            .map(expert -> new Change(from, to, gives, Optional.of(expert)));
    return nodes.get(to).size() < places
        ? Stream.concat(Stream.of(new Change(from, to, gives, Optional.empty())), exchanges)
        : exchanges;
  }

  private double busierOfBoth(Change change) {
    double moved = load(change.gives()) - change.takes().map(this::load).orElse(0.0);
    return Math.max(loadOf(change.from()) - moved, loadOf(change.to()) + moved);
  }

  private void apply(Change change) {
    nodes.get(change.from()).remove(change.gives());
    nodes.get(change.to()).add(change.gives());
    change
        .takes()
        .ifPresent(
            expert -> {
              nodes.get(change.to()).remove(expert);
              nodes.get(change.from()).add(expert);
            });
  }
}
