package io.ennead.learn.model;

import java.util.Arrays;
import java.util.List;

/**
 * Sequences of a step.
 *
 * @param tokens [sequences][length + 1]: the first {@code length} go in, the last {@code length}
 *     are what should come out; not to be modified
 * @param labels one entry per sequence, of {@code length} rows; empty: there are none
 * @param fresh so many of the first sequences are such that new experts are wanted for; the others
 *     are to stay as they are
 */
public record Batch(int[][] tokens, List<LabelRows> labels, int fresh) {
  /** Copies the list. */
  public Batch {
    labels = List.copyOf(labels);
    if (!labels.isEmpty() && labels.size() != tokens.length) {
      throw new IllegalArgumentException(
          "labels: %d (expected: %d)".formatted(labels.size(), tokens.length));
    }
  }

  /** All of one kind. */
  public Batch(int[][] tokens, List<LabelRows> labels) {
    this(tokens, labels, tokens.length);
  }

  /** The sequences that are to stay as they are. */
  int[][] kept() {
    return Arrays.copyOfRange(tokens, fresh, tokens.length);
  }

  /** [rows] 1 where new experts are wanted, else -1. */
  float[] wanted() {
    float[] wanted = new float[rows()];
    Arrays.fill(wanted, -1);
    Arrays.fill(wanted, 0, fresh * length(), 1);
    return wanted;
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
