package io.ennead.router.sample;

import io.ennead.errors.ServingException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * What a request changes in the logits before any sampler, in this order: only allowed tokens, no
 * bad words, no end of the sequence yet; bias; penalties; DRY. One per sequence, for one thread at
 * a time.
 */
final class LogitEdits {
  private final int vocabulary;
  private final List<LogitEdit> edits;
  private float[] row = {};

  private LogitEdits(int vocabulary, List<LogitEdit> edits) {
    this.vocabulary = vocabulary;
    this.edits = edits;
  }

  static LogitEdits of(
      SamplingOptions options, int vocabulary, History history, IntPredicate breaksRepetition) {
    TokenConstraints constraints = options.constraints();
    List<LogitEdit> edits = new ArrayList<>();
    if (!constraints.allowed().isEmpty()) {
      edits.add(only(constraints.allowed()));
    }
    if (!constraints.badWords().isEmpty()) {
      edits.add(new BadWords(constraints.badWords(), history));
    }
    if (!constraints.bias().isEmpty()) {
      edits.add(row -> constraints.bias().forEach((id, bias) -> add(row, id, bias)));
    }
    if (!options.penalties().none()) {
      edits.add(new SeenPenalty(options.penalties(), history));
    }
    options
        .dry()
        .filter(dry -> dry.multiplier() > 0)
        .ifPresent(dry -> edits.add(new DryPenalty(dry, history, breaksRepetition)));
    return new LogitEdits(vocabulary, edits);
  }

  private static LogitEdit only(Set<Integer> ids) {
    BitSet allowed = new BitSet();
    ids.forEach(allowed::set);
    return row -> {
      for (int id = 0; id < row.length; id++) {
        row[id] = allowed.get(id) ? row[id] : Float.NEGATIVE_INFINITY;
      }
    };
  }

  private static void add(float[] row, int id, double bias) {
    if (bias == Double.NEGATIVE_INFINITY) {
      row[id] = Float.NEGATIVE_INFINITY;
    } else if (row[id] != Float.NEGATIVE_INFINITY) {
      row[id] = LogitEdit.finite(row[id] + bias);
    }
  }

  /** Whether a row stays as it is. */
  boolean none(Set<Integer> forbidden) {
    return edits.isEmpty() && forbidden.isEmpty();
  }

  /**
   * Copies a row and changes the copy.
   *
   * @param forbidden tokens not to be drawn this time
   * @return the row, valid until the next call
   */
  float[] apply(float[] logits, int offset, Set<Integer> forbidden) {
    if (row.length == 0) {
      row = new float[vocabulary];
    }
    System.arraycopy(logits, offset, row, 0, vocabulary);
    for (int id : forbidden) {
      row[id] = Float.NEGATIVE_INFINITY;
    }
    edits.forEach(edit -> edit.apply(row));
    return row;
  }

  /** The highest logit that is left. */
  int best() {
    int best = 0;
    for (int id = 1; id < vocabulary; id++) {
      best = row[id] > row[best] ? id : best;
    }
    if (row[best] == Float.NEGATIVE_INFINITY) {
      throw ServingException.invalidField(
          "sampling",
          "no token left to draw",
          "allowed_tokens, bad_words, logit_bias and min_tokens that leave one");
    }
    return best;
  }

  void appended() {
    edits.forEach(LogitEdit::appended);
  }
}
