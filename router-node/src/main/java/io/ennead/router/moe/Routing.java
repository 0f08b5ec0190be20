package io.ennead.router.moe;

/**
 * Experts and weights of a block of rows.
 *
 * @param rows number of rows
 * @param expertsPerRow k
 * @param experts [rows, k] expert ids; of each row the one with the largest weight first, all
 *     different
 * @param weights [rows, k] combine weights, same order
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
}
