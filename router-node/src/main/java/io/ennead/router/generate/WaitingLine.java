package io.ennead.router.generate;

import io.ennead.access.Priority;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Those that wait for a place in the batch. Higher priorities go first, but when {@value
 * #MOST_PASSES} have gone before a lower one that waits, it is its turn; within a priority tenants
 * have {@link FairShares}. So nobody waits for ever. Owned by the generation loop's thread.
 */
final class WaitingLine {
  static final int MOST_PASSES = 8;

  /** One for each priority, in ascending order. */
  private final List<Line> lines =
      Arrays.stream(Priority.values()).map(priority -> new Line()).toList();

  private static final class Line {
    private final FairShares shares = new FairShares();

    /** How many of higher priorities have gone first since it was this one's turn. */
    private int passes;
  }

  private Line line(Sequence sequence) {
    return lines.get(sequence.claim().priority().ordinal());
  }

  void add(Sequence sequence) {
    line(sequence).shares.add(sequence);
  }

  int size() {
    return lines.stream().mapToInt(line -> line.shares.size()).sum();
  }

  boolean isEmpty() {
    return size() == 0;
  }

  /** Whose turn it is; empty when nobody waits. */
  Optional<Sequence> next() {
    return lines.stream()
        .filter(line -> !line.shares.isEmpty())
        .reduce((lower, higher) -> lower.passes < MOST_PASSES ? higher : lower)
        .flatMap(line -> line.shares.next());
  }

  /** The next one gets its place. */
  void take(Sequence next) {
    Line turn = line(next);
    turn.shares.take(next);
    turn.passes = 0;
    for (Line lower : lines.subList(0, lines.indexOf(turn))) {
      lower.passes = lower.shares.isEmpty() ? 0 : lower.passes + 1;
    }
  }

  /** Takes one out that does not wait any longer; harmless when it does not. */
  void remove(Sequence sequence) {
    line(sequence).shares.remove(sequence);
  }

  /** Tokens were computed for one that has its place. */
  void charge(Sequence sequence, int tokens) {
    line(sequence).shares.charge(sequence.claim().tenant(), tokens);
  }

  /** Nobody waits or runs: what was is forgotten. */
  void forget() {
    lines.forEach(line -> line.shares.forget());
  }

  void forEach(Consumer<Sequence> action) {
    lines.forEach(line -> line.shares.forEach(action));
  }
}
