package io.ennead.router.generate;

import io.ennead.access.Priority;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The rules of {@link WaitingLine} as they are told: one list of those that wait, everything that
 * was ever computed for anybody, nothing forgotten.
 */
final class SlowLine {
  private final List<Sequence> waiting = new ArrayList<>();
  private final Map<List<?>, Double> served = new HashMap<>();
  private final Map<Priority, Double> floors = new HashMap<>();
  private final Map<Priority, Integer> passes = new HashMap<>();

  private static List<?> account(Sequence sequence) {
    return List.of(sequence.claim().priority(), sequence.claim().tenant().name());
  }

  private double served(Sequence sequence) {
    return served.getOrDefault(account(sequence), floor(sequence.claim().priority()));
  }

  private double floor(Priority priority) {
    return floors.getOrDefault(priority, 0.0);
  }

  private List<Sequence> waiting(Priority priority) {
    return waiting.stream().filter(one -> one.claim().priority() == priority).toList();
  }

  void add(Sequence sequence) {
    Priority priority = sequence.claim().priority();
    if (waiting.stream().noneMatch(one -> account(one).equals(account(sequence)))) {
      double least =
          waiting(priority).stream().mapToDouble(this::served).min().orElse(floor(priority));
      served.put(account(sequence), Math.max(served(sequence), least));
    }
    waiting.add(sequence);
  }

  Optional<Sequence> next() {
    for (Priority priority : Priority.values()) {
      if (passes.getOrDefault(priority, 0) >= WaitingLine.MOST_PASSES
          && !waiting(priority).isEmpty()) {
        return first(priority);
      }
    }
    for (Priority priority : List.of(Priority.HIGH, Priority.NORMAL, Priority.LOW)) {
      if (!waiting(priority).isEmpty()) {
        return first(priority);
      }
    }
    return Optional.empty();
  }

  private Optional<Sequence> first(Priority priority) {
    return waiting(priority).stream()
        .min(Comparator.comparingDouble(this::served).thenComparing(waiting::indexOf));
  }

  void take(Sequence next) {
    Priority turn = next.claim().priority();
    floors.put(turn, Math.max(floor(turn), served(next)));
    waiting.remove(next);
    passes.put(turn, 0);
    for (Priority priority : Priority.values()) {
      if (priority.compareTo(turn) < 0) {
        passes.merge(priority, 1, Integer::sum);
        if (waiting(priority).isEmpty()) {
          passes.put(priority, 0);
        }
      }
    }
  }

  void remove(Sequence sequence) {
    waiting.remove(sequence);
  }

  void charge(Sequence sequence, int tokens) {
    boolean waits = waiting.stream().anyMatch(one -> account(one).equals(account(sequence)));
    double before =
        waits ? served(sequence) : Math.max(served(sequence), floor(sequence.claim().priority()));
    served.put(account(sequence), before + (double) tokens / sequence.claim().tenant().share());
  }
}
