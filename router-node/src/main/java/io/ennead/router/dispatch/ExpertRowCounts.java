package io.ennead.router.dispatch;

import static java.util.Objects.requireNonNull;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.router.moe.ExpertRows;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.LongStream;

/** Rows dispatched to each expert since the last {@link #reset}. Thread-safe. */
public final class ExpertRowCounts {
  private final Map<Integer, AtomicLongArray> counts = new TreeMap<>();
  private final Map<ExpertId, LongAdder> packed = new ConcurrentHashMap<>();
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
      if (expert.expert() < this.experts) {
        rows.addAndGet(expert.expert(), expert.rows().length);
      } else {
        packed(new ExpertId(layer, expert.expert())).add(expert.rows().length);
      }
    }
  }

  private LongAdder packed(ExpertId id) {
    return packed.computeIfAbsent(id, none -> new LongAdder());
  }

  /** Rows of an expert of a pack. */
  public long packedRows(ExpertId id) {
    return packed.getOrDefault(id, new LongAdder()).sum();
  }

  /** Routed experts per layer, the model's own. */
  public int experts() {
    return experts;
  }

  /** Rows of each of the model's own experts, by layer. */
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
    packed.clear();
    for (AtomicLongArray rows : counts.values()) {
      for (int i = 0; i < rows.length(); i++) {
        rows.set(i, 0);
      }
    }
  }
}
