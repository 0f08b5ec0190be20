package io.ennead.expert.engine;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.engine.NumericsProbe.Numerics;
import io.ennead.wire.Rows;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * {@link ExpertEngine} on the module {@code packed_experts}, or {@code gated_experts} where that is
 * not for: one native call runs all experts of a layer. Calls from several threads are safe: the
 * module only reads its weights once loaded.
 */
public final class TorchExperts implements ExpertEngine {
  private final TorchModule module;
  private final Numerics numerics;
  private final Map<ExpertId, Integer> slots;
  private final SortedMap<ExpertId, String> fingerprints;
  private final int hidden;

  private TorchExperts(TorchModule module, Numerics numerics, ExpertLoader loaded, int hidden) {
    this.module = module;
    this.numerics = numerics;
    this.slots = Map.copyOf(loaded.places());
    this.fingerprints = Collections.unmodifiableSortedMap(loaded.fingerprints());
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
      ExpertLoader loader = new ExpertLoader(slots, checkpoint, progress);
      loader.load(experts);
      return new TorchExperts(slots.module(), numerics, loader, config.hiddenSize());
    } catch (RuntimeException | Error e) {
      slots.module().close();
      throw e;
    }
  }

  @Override
  public Rows run(int layer, Tile tile, Rows rows, List<Slice> slices) {
    TilePlan plan = TilePlan.of(slices, numerics.runs(tile), expert -> slot(layer, expert));
    if (plan.slots().length == 0) {
      return rows.select();
    }
    return run(module, plan, rows);
  }

  static Rows run(TorchModule module, TilePlan plan, Rows rows) {
    try (TorchCall call = module.call("forward")) {
      return call.withRows(rows.select(plan.gather()))
          .withList(plan.slots())
          .withList(plan.lengths())
          .runRows(rows.width(), plan.keep());
    }
  }

  private int slot(int layer, int expert) {
    @Nullable Integer slot = slots.get(new ExpertId(layer, expert));
    if (slot == null) {
      throw new IllegalArgumentException(
          "expert %d of layer %d: not loaded (expected: one of %d loaded)"
              .formatted(expert, layer, slots.size()));
    }
    return slot;
  }

  @Override
  public SortedMap<ExpertId, String> fingerprints() {
    return fingerprints;
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
    return module.managedArrays();
  }

  @Override
  public void close() {
    module.close();
  }
}
