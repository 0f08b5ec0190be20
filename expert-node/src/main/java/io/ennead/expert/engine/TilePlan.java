package io.ennead.expert.engine;

import io.ennead.expert.engine.ExpertEngine.Slice;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * Slices laid out in whole tiles: each expert's rows, padded with row 0 to a multiple of the tile,
 * so that every kernel call has the same number of rows.
 *
 * @param gather [tiles * tile] row of each place
 * @param keep places that are no padding, slice after slice
 * @param slots [tiles] weight slot of each tile
 */
record TilePlan(long[] gather, long[] keep, long[] slots) {

  /** Lays out slices; {@code slotOf} gives an expert's weight slot. */
  static TilePlan of(List<Slice> slices, int tile, IntUnaryOperator slotOf) {
    int tiles = slices.stream().mapToInt(slice -> tiles(slice, tile)).sum();
    int rows = slices.stream().mapToInt(slice -> slice.rows().length).sum();
    TilePlan plan = new TilePlan(new long[tiles * tile], new long[rows], new long[tiles]);
    int firstTile = 0;
    int kept = 0;
    for (Slice slice : slices) {
      plan.place(slice, firstTile, tile, kept, slotOf.applyAsInt(slice.expert()));
      firstTile += tiles(slice, tile);
      kept += slice.rows().length;
    }
    return plan;
  }

  private void place(Slice slice, int firstTile, int tile, int kept, int slot) {
    for (int i = 0; i < slice.rows().length; i++) {
      int at = firstTile * tile + i;
      gather[at] = slice.rows()[i];
      keep[kept + i] = at;
    }
    for (int i = 0; i < tiles(slice, tile); i++) {
      slots[firstTile + i] = slot;
    }
  }

  private static int tiles(Slice slice, int tile) {
    return (slice.rows().length + tile - 1) / tile;
  }
}
