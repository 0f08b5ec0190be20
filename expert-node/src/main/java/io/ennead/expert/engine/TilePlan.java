package io.ennead.expert.engine;

import io.ennead.expert.engine.ExpertEngine.Slice;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * Slices laid out for the kernel: each expert's rows in products of allowed lengths, the last one
 * padded with row 0.
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
   * @param runs rows that a product may have
   * @param slotOf gives an expert's weight slot
   */
  static TilePlan of(List<Slice> slices, RunLengths runs, IntUnaryOperator slotOf) {
    int products = 0;
    int places = 0;
    int rows = 0;
    for (Slice slice : slices) {
      for (int left = slice.rows().length; left > 0; left -= runs.next(left)) {
        products++;
        places += runs.next(left);
      }
      rows += slice.rows().length;
    }
    TilePlan plan =
        new TilePlan(new int[places], new int[rows], new long[products], new long[products]);
    plan.fill(slices, runs, slotOf);
    return plan;
  }

  private void fill(List<Slice> slices, RunLengths runs, IntUnaryOperator slotOf) {
    int product = 0;
    int place = 0;
    int kept = 0;
    for (Slice slice : slices) {
      place(slice, place, kept);
      kept += slice.rows().length;
      for (int left = slice.rows().length; left > 0; left -= runs.next(left)) {
        slots[product] = slotOf.applyAsInt(slice.expert());
        lengths[product++] = runs.next(left);
        place += runs.next(left);
      }
    }
  }

  private void place(Slice slice, int firstPlace, int kept) {
    for (int i = 0; i < slice.rows().length; i++) {
      gather[firstPlace + i] = slice.rows()[i];
      keep[kept + i] = firstPlace + i;
    }
  }
}
