package io.ennead.router.dispatch;

import static java.util.Objects.requireNonNull;

import io.ennead.router.moe.ExpertRows;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.LongStream;

/** Rows dispatched to each expert since the last {@link #reset}. Thread-safe. */
public final class ExpertRowCounts {
  private final Map<Integer, AtomicLongArray> counts = new TreeMap<>();
  private final int experts;

  /**
   * Counts nothing yet.
   *
   * @param layers the MoE layers of the model
   * @param experts routed experts per layer
   */
  public ExpertRowCounts(List<Integer> layers, int experts) {
    this.experts = experts;
    layers.forEach(layer -> counts.put(layer, new AtomicLongArray(experts)));
  }

  /** These rows go to their experts. */
  public void count(int layer, List<ExpertRows> experts) {
    AtomicLongArray rows = requireNonNull(counts.get(layer), "layer");
    for (ExpertRows expert : experts) {
      rows.addAndGet(expert.expert(), expert.rows().length);
    }
  }

  /** Routed experts per layer. */
  public int experts() {
    return experts;
  }

  /** Rows of each expert, by layer. */
  public Map<Integer, long[]> rows() {
    Map<Integer, long[]> rows = new TreeMap<>();
    counts.forEach((layer, of) -> rows.put(layer, copy(of)));
    return rows;
  }

  private static long[] copy(AtomicLongArray rows) {
    return LongStream.range(0, rows.length()).map(i -> rows.get((int) i)).toArray();
  }

  /** Counts from 0 again. */
  public void reset() {
    for (AtomicLongArray rows : counts.values()) {
      for (int i = 0; i < rows.length(); i++) {
        rows.set(i, 0);
      }
    }
  }
}
