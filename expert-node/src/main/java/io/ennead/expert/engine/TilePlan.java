package io.ennead.expert.engine;

import io.ennead.expert.engine.ExpertEngine.Slice;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * Slices laid out for the kernel. With a tile, each expert's rows are padded with row 0 to whole
 * tiles, so that every product has the same number of rows; without, each expert has one product of
 * its own rows.
 *
 * @param gather [places] row of each place
 * @param keep places that are no padding, slice after slice
 * @param slots [products] weight slot of each
 * @param lengths [products] places of each
 */
record TilePlan(int[] gather, int[] keep, long[] slots, long[] lengths) {

  /**
   * Lays out slices.
   *
   * @param tile rows of every product; 0: as many as a slice has
   * @param slotOf gives an expert's weight slot
   */
  static TilePlan of(List<Slice> slices, int tile, IntUnaryOperator slotOf) {
    int products = slices.stream().mapToInt(slice -> products(slice, tile)).sum();
    int places = slices.stream().mapToInt(slice -> places(slice, tile)).sum();
    int rows = slices.stream().mapToInt(slice -> slice.rows().length).sum();
    TilePlan plan =
        new TilePlan(new int[places], new int[rows], new long[products], new long[products]);
    int place = 0;
    int product = 0;
    int kept = 0;
    for (Slice slice : slices) {
      plan.place(slice, place, kept);
      int next = product + products(slice, tile);
      Arrays.fill(plan.slots, product, next, slotOf.applyAsInt(slice.expert()));
      Arrays.fill(plan.lengths, product, next, tile == 0 ? slice.rows().length : tile);
      place += places(slice, tile);
      product = next;
      kept += slice.rows().length;
    }
    return plan;
  }

  private void place(Slice slice, int firstPlace, int kept) {
    for (int i = 0; i < slice.rows().length; i++) {
      gather[firstPlace + i] = slice.rows()[i];
      keep[kept + i] = firstPlace + i;
    }
  }

  private static int products(Slice slice, int tile) {
    int rows = slice.rows().length;
    return tile == 0 ? Math.min(rows, 1) : (rows + tile - 1) / tile;
  }

  private static int places(Slice slice, int tile) {
    return tile == 0 ? slice.rows().length : products(slice, tile) * tile;
  }
}
