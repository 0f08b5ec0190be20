package io.ennead.router.moe;

import java.util.Arrays;

/**
 * Experts and weights of a block of rows.
 *
 * @param rows number of rows
 * @param expertsPerRow k: places per row, the largest k of any row
 * @param experts [rows, k] expert ids; of each row the one with the largest weight first, all
 *     different
 * @param weights [rows, k] combine weights, same order; an expert of weight 0 is not run, and the
 *     places that a row does not use have weight 0
 */
public record Routing(int rows, int expertsPerRow, int[] experts, float[] weights) {
  /** Checks the lengths. */
  public Routing {
    if (experts.length != rows * expertsPerRow || weights.length != experts.length) {
      throw new IllegalArgumentException(
          "routing: %d experts and %d weights (expected: %d rows x %d)"
              .formatted(experts.length, weights.length, rows, expertsPerRow));
    }
  }

  /** A run of rows with their first {@code k} places: what one request of a batch gets to see. */
  public Routing slice(int fromRow, int toRow, int k) {
    int count = toRow - fromRow;
    int[] ids = new int[count * k];
    float[] shares = new float[count * k];
    for (int row = 0; row < count; row++) {
      int from = (fromRow + row) * expertsPerRow;
      System.arraycopy(experts, from, ids, row * k, k);
      System.arraycopy(weights, from, shares, row * k, k);
    }
    return new Routing(count, k, ids, shares);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Routing that
        && rows == that.rows
        && expertsPerRow == that.expertsPerRow
        && Arrays.equals(experts, that.experts)
        && Arrays.equals(weights, that.weights);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * rows + Arrays.hashCode(experts)) + Arrays.hashCode(weights);
  }
}
