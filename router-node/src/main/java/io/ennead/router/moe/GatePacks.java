package io.ennead.router.moe;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The packs that a sequence's gates know: an immutable snapshot. Their experts have ids behind the
 * model's own; an id that no pack of the snapshot has is one whose logit is -infinity.
 *
 * @param packs by their first ids, which do not overlap
 */
public record GatePacks(List<GatePack> packs) {
  /** The model's own experts only. */
  public static final GatePacks NONE = new GatePacks(List.of());

  /** Sorts. */
  public GatePacks {
    packs = packs.stream().sorted(Comparator.comparingInt(GatePack::first)).toList();
  }

  /** The same and one more. */
  public GatePacks with(GatePack pack) {
    List<GatePack> more = new ArrayList<>(packs);
    more.add(pack);
    return new GatePacks(more);
  }

  /** The same without one. */
  public GatePacks without(GatePack pack) {
    return new GatePacks(packs.stream().filter(other -> other != pack).toList());
  }

  /** Logits per row: one for every id up to the highest, of a model with so many experts. */
  public int width(int own) {
    return packs.isEmpty() ? own : packs.get(packs.size() - 1).end();
  }

  /** Whether an expert that is not the model's own may be chosen at a layer. */
  boolean opens(int layer, int expert) {
    return packs.stream().anyMatch(pack -> pack.opens(layer, expert));
  }

  /** How many experts there are at a layer beside the model's own. */
  int open(int layer) {
    int open = 0;
    for (GatePack pack : packs) {
      open += pack.opens(layer) ? pack.experts() : 0;
    }
    return open;
  }

  /** The packs of all of these rows; ids are never used twice while a sequence knows them. */
  static GatePacks of(RoutedRows rows) {
    GatePacks all = NONE;
    @Nullable RoutingOptions last = null;
    for (RoutingOptions options : rows.options()) {
      if (options != last) { // rows of one sequence share theirs
        last = options;
        all = all.and(options.packs());
      }
    }
    return all;
  }

  private GatePacks and(GatePacks others) {
    if (packs.containsAll(others.packs)) {
      return this;
    }
    GatePacks all = this;
    for (GatePack pack : others.packs) {
      all = all.packs.contains(pack) ? all : all.with(pack);
    }
    return all;
  }

  /**
   * Widens the model's own logits by those of the packs that each row's sequence knows.
   *
   * @param own [rows, own experts]
   * @param hidden [rows, width], what the gate's linear map gets
   * @return [rows, ids]; the model's own when no row knows a pack
   */
  static float[] widen(int layer, float[] own, float[] hidden, RoutedRows rows) {
    GatePacks all = of(rows);
    if (all.packs.isEmpty() || rows.count() == 0) {
      return own;
    }
    int experts = own.length / rows.count();
    int ids = all.width(experts);
    float[] logits = new float[rows.count() * ids];
    Arrays.fill(logits, Float.NEGATIVE_INFINITY);
    for (int row = 0; row < rows.count(); row++) {
      System.arraycopy(own, row * experts, logits, row * ids, experts);
      rows.options().get(row).packs().fill(layer, hidden, row, rows.count(), logits, row * ids);
    }
    return logits;
  }

  private void fill(int layer, float[] hidden, int row, int rows, float[] logits, int offset) {
    int width = hidden.length / rows;
    for (GatePack pack : packs) {
      GatePack.Rows own = pack.rows().get(layer);
      if (own == null || pack.suppressed()) {
        continue;
      }
      for (int i = 0; i < pack.experts(); i++) {
        logits[offset + pack.first() + i] = own.logit(i, hidden, row * width, width);
      }
    }
  }

  /** The model's own selection bias, if it has one, and that of the packs. */
  float @Nullable [] selectionBias(int layer, float @Nullable [] own) {
    if (own == null || packs.isEmpty()) {
      return own;
    }
    float[] all = Arrays.copyOf(own, width(own.length));
    for (GatePack pack : packs) {
      GatePack.Rows rows = pack.rows().get(layer);
      if (rows != null) {
        System.arraycopy(rows.selectionBias(), 0, all, pack.first(), pack.experts());
      }
    }
    return all;
  }
}
