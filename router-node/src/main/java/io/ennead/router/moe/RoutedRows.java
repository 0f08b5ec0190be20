package io.ennead.router.moe;

import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a gate has to know of rows beside their logits.
 *
 * @param options of each row
 * @param positions of each row in its sequence: where its random stream is; not to be modified
 */
public record RoutedRows(List<RoutingOptions> options, int[] positions) {
  /** Checks the lengths. */
  public RoutedRows {
    if (options.size() != positions.length) {
      throw new IllegalArgumentException(
          "rows: %d options and %d positions (expected: one of each per row)"
              .formatted(options.size(), positions.length));
    }
  }

  /** Rows that share their options, at positions from 0. */
  public static RoutedRows of(int rows, RoutingOptions options) {
    return new RoutedRows(Collections.nCopies(rows, options), IntStream.range(0, rows).toArray());
  }

  /**
   * The logits of all experts that these rows may choose from.
   *
   * @param own of the model's own, [rows, experts]
   * @param hidden what they were made from, [rows, width]
   * @return [rows, ids]
   */
  public float[] logits(int layer, float[] own, float[] hidden) {
    return GatePacks.widen(layer, own, hidden, this);
  }

  /** How many. */
  public int count() {
    return positions.length;
  }
}
