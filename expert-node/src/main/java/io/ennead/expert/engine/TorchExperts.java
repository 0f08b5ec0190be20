package io.ennead.expert.engine;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.engine.NumericsProbe.Numerics;
import io.ennead.wire.Rows;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * {@link ExpertEngine} on the module {@code packed_experts}, or {@code gated_experts} where that is
 * not for: one native call runs all experts of a layer. Calls from several threads are safe.
 */
public final class TorchExperts implements ExpertEngine {
  private final ExpertSlots slots;
  private final Numerics numerics;
  private final int hidden;
  private volatile Held held = new Held(Map.of(), Collections.emptySortedMap());

  /** Slots and fingerprints of the experts that are held. */
  private record Held(Map<ExpertId, Integer> places, SortedMap<ExpertId, String> fingerprints) {
    Held {
      places = Map.copyOf(places);
      fingerprints = Collections.unmodifiableSortedMap(fingerprints);
    }

    Held with(ExpertLoader loaded) {
      Map<ExpertId, Integer> all = new HashMap<>(places);
      all.putAll(loaded.places());
      SortedMap<ExpertId, String> hashes = new TreeMap<>(fingerprints);
      hashes.putAll(loaded.fingerprints());
      return new Held(all, hashes);
    }

    Held without(Collection<ExpertId> experts) {
      Map<ExpertId, Integer> left = new HashMap<>(places);
      left.keySet().removeAll(experts);
      SortedMap<ExpertId, String> hashes = new TreeMap<>(fingerprints);
      hashes.keySet().removeAll(experts);
      return new Held(left, hashes);
    }
  }

  private TorchExperts(ExpertSlots slots, Numerics numerics, int hidden) {
    this.slots = slots;
    this.numerics = numerics;
    this.hidden = hidden;
  }

  /**
   * Loads and hashes experts of every layer, reads only their tensors, after the probe batch has
   * run.
   *
   * @param experts expert ids, held for every layer
   * @param progress told after every expert
   */
  public static TorchExperts load(
      Checkpoint checkpoint,
      List<Integer> experts,
      EngineOptions given,
      Consumer<LoadProgress> progress) {
    ModelConfig config = checkpoint.config();
    EngineOptions options = given.forExperts(config.hiddenSize(), config.expertWidth());
    int first = config.moeLayers().get(0);
    ExpertSlots slots = ExpertSlots.open(options, config.moe(first).experts().get(0));
    try {
      // Before the experts: its own weights must not come on top of theirs.
      Numerics numerics = new NumericsProbe(slots, options).run();
      TorchExperts engine = new TorchExperts(slots, numerics, config.hiddenSize());
      engine.load(checkpoint, ExpertId.ofEveryLayer(config.moeLayers(), experts), progress);
      return engine;
    } catch (RuntimeException | Error e) {
      slots.module().close();
      throw e;
    }
  }

  @Override
  public void load(Checkpoint checkpoint, List<ExpertId> experts, Consumer<LoadProgress> progress) {
    ExpertLoader loader = new ExpertLoader(slots, checkpoint, progress);
    try {
      loader.load(experts);
    } catch (RuntimeException | Error e) {
      loader.places().values().forEach(slots::release);
      throw e;
    }
    change(now -> now.with(loader));
  }

  @Override
  public void unload(Collection<ExpertId> experts) {
    Map<ExpertId, Integer> freed = new HashMap<>(held.places());
    freed.keySet().retainAll(experts);
    change(now -> now.without(experts));
    freed.values().forEach(slots::release);
  }

  private synchronized void change(UnaryOperator<Held> change) {
    held = change.apply(held);
  }

  @Override
  public Rows run(int layer, Tile tile, Rows rows, List<Slice> slices) {
    Held now = held;
    TilePlan plan = TilePlan.of(slices, numerics.runs(tile), expert -> slot(now, layer, expert));
    if (plan.slots().length == 0) {
      return rows.select();
    }
    return slots.run(plan, rows);
  }

  private static int slot(Held held, int layer, int expert) {
    @Nullable Integer slot = held.places().get(new ExpertId(layer, expert));
    if (slot == null) {
      throw new IllegalArgumentException(
          "expert %d of layer %d: not loaded (expected: one of %d loaded)"
              .formatted(expert, layer, held.places().size()));
    }
    return slot;
  }

  @Override
  public SortedMap<ExpertId, String> fingerprints() {
    return held.fingerprints();
  }

  @Override
  public int hidden() {
    return hidden;
  }

  @Override
  public String numericsId() {
    return numerics.id();
  }

  int managedArrays() {
    return slots.module().managedArrays();
  }

  @Override
  public void close() {
    slots.module().close();
  }
}
