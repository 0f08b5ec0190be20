package io.ennead.router.moe;

import java.util.Map;

/**
 * What the experts of a pack add to the gates: rows of router logits, and ids from {@code first}
 * on. Two are equal only when they are one: a pack that is added again may have other rows.
 *
 * @param name of the pack, for people
 * @param first id of its first expert
 * @param experts how many it has at each of its layers
 * @param suppressed whether their logits are -infinity, so that no request chooses them
 * @param rows by layer; layers that are not there get no expert
 */
public record GatePack(
    String name, int first, int experts, boolean suppressed, Map<Integer, Rows> rows) {
  /** Copies the map. */
  public GatePack {
    rows = Map.copyOf(rows);
  }

  /** Id after the last. */
  public int end() {
    return first + experts;
  }

  /** Whether its experts may be chosen at a layer. */
  boolean opens(int layer) {
    return !suppressed && rows.containsKey(layer);
  }

  /** Whether an expert of a layer is its own and may be chosen. */
  boolean opens(int layer, int expert) {
    return expert >= first && expert < end() && opens(layer);
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }

  /**
   * Rows of one layer; the arrays are not to be modified.
   *
   * @param weight [experts, hidden], row-major
   * @param bias [experts]
   * @param selectionBias [experts]
   */
  public record Rows(float[] weight, float[] bias, float[] selectionBias) {

    /**
     * The logit of one expert: eight sums of products in float32, added in a fixed order. A product
     * of its own, so that the model's own logits keep their bits; and the same whatever else is
     * computed.
     *
     * @param hidden holds the row at {@code offset}
     * @param width of a row
     */
    float logit(int expert, float[] hidden, int offset, int width) {
      float[] sums = new float[8];
      int from = expert * width;
      for (int i = 0; i < width; i++) {
        sums[i & 7] += weight[from + i] * hidden[offset + i];
      }
      float low = (sums[0] + sums[1]) + (sums[2] + sums[3]);
      float high = (sums[4] + sums[5]) + (sums[6] + sums[7]);
      return low + high + bias[expert];
    }
  }
}
