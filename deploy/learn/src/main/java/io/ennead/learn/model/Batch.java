package io.ennead.learn.model;

import java.util.List;

/**
 * Sequences of a step.
 *
 * @param tokens [sequences][length + 1]: the first {@code length} go in, the last {@code length}
 *     are what should come out; not to be modified
 * @param labels one entry per sequence, of {@code length} rows; empty: there are none
 */
public record Batch(int[][] tokens, List<LabelRows> labels) {
  /** Copies the list. */
  public Batch {
    labels = List.copyOf(labels);
    if (!labels.isEmpty() && labels.size() != tokens.length) {
      throw new IllegalArgumentException(
          "labels: %d (expected: %d)".formatted(labels.size(), tokens.length));
    }
  }

  /** Tokens that go in, per sequence. */
  int length() {
    return tokens[0].length - 1;
  }

  /** Rows of all sequences. */
  public int rows() {
    return tokens.length * length();
  }
}
