package io.ennead.expert.engine;

import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.ModelConfig;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * {@link ExpertEngine} on the module {@code swiglu_experts}: one native call runs all experts of a
 * layer. Calls from several threads are safe: the module only reads its weights once loaded.
 */
public final class TorchExperts implements ExpertEngine {
  private final TorchModule module;
  private final EngineOptions options;
  private final Map<ExpertKey, Integer> slots;
  private final int hidden;
  private final String numericsId;

  private TorchExperts(
      TorchModule module,
      EngineOptions options,
      Map<ExpertKey, Integer> slots,
      int hidden,
      String numericsId) {
    this.module = module;
    this.options = options;
    this.slots = Map.copyOf(slots);
    this.hidden = hidden;
    this.numericsId = numericsId;
  }

  /**
   * Loads experts of every layer, maps only their tensors, and runs the probe batch.
   *
   * @param experts expert ids, held for every layer
   * @param progress told after every tensor
   */
  public static TorchExperts load(
      Checkpoint checkpoint,
      List<Integer> experts,
      EngineOptions options,
      Consumer<LoadProgress> progress) {
    ModelConfig config = checkpoint.config();
    TorchModule module =
        TorchModule.load(TorchExperts.class, "swiglu_experts.pt", options.threads());
    try {
      ExpertLoader loader = new ExpertLoader(module, checkpoint, options, progress);
      Map<ExpertKey, Integer> slots = loader.load(experts);
      progress.accept(new LoadProgress(loader.totalBytes(), loader.totalBytes(), "warm-up"));
      String numericsId = new NumericsProbe(module, options, config).run();
      return new TorchExperts(module, options, slots, config.hiddenSize(), numericsId);
    } catch (RuntimeException | Error e) {
      module.close();
      throw e;
    }
  }

  @Override
  public float[] run(int layer, Tile tile, float[] rows, List<Slice> slices) {
    int tileRows = options.rows(tile);
    TilePlan plan = TilePlan.of(slices, tileRows, expert -> slot(layer, expert));
    if (plan.slots().length == 0) {
      return new float[0];
    }
    return run(module, plan, tileRows, rows, hidden);
  }

  static float[] run(TorchModule module, TilePlan plan, int tileRows, float[] rows, int hidden) {
    try (TorchCall call = module.call("forward")) {
      return call.withFloats(rows, rows.length / hidden, hidden)
          .withIds(plan.gather())
          .withIds(plan.keep())
          .withList(plan.slots())
          .with(tileRows)
          .runFloats();
    }
  }

  private int slot(int layer, int expert) {
    @Nullable Integer slot = slots.get(new ExpertKey(layer, expert));
    if (slot == null) {
      throw new IllegalArgumentException(
          "expert %d of layer %d: not loaded (expected: one of %d loaded)"
              .formatted(expert, layer, slots.size()));
    }
    return slot;
  }

  @Override
  public int hidden() {
    return hidden;
  }

  @Override
  public String numericsId() {
    return numericsId;
  }

  int managedArrays() {
    return module.managedArrays();
  }

  @Override
  public void close() {
    module.close();
  }

  /** One expert of one layer. */
  record ExpertKey(int layer, int expert) {}
}
