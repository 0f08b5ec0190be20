package io.ennead.router.model;

import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.ModelConfig;
import io.ennead.expert.engine.TorchCall;
import io.ennead.expert.engine.TorchModule;
import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.router.moe.GateLogits;
import java.util.Arrays;
import java.util.List;

/**
 * The module {@code decoder}: everything between two dispatches in one native call. One thread at a
 * time runs steps ({@link #begin}, then {@link #attend} layer by layer, then {@link #finish});
 * {@link #logits(int, Phase, float[])} may be called from any thread beside it.
 */
final class Decoder implements GateLogits, AutoCloseable {
  private final TorchModule module;
  private final ModelConfig config;
  private final DecoderOptions options;

  private Decoder(TorchModule module, ModelConfig config, DecoderOptions options) {
    this.module = module;
    this.config = config;
    this.options = options;
  }

  static Decoder load(Checkpoint checkpoint, DecoderOptions options) {
    TorchModule module = TorchModule.load(Decoder.class, "decoder.pt", options.threads());
    try {
      new DecoderLoader(module, checkpoint, options).load();
      return new Decoder(module, checkpoint.config(), options);
    } catch (RuntimeException e) {
      module.close();
      throw e;
    }
  }

  /** Starts a step. */
  void begin(Step step) {
    int tile = options.tile(step.phase());
    StepArrays arrays = StepArrays.of(step, tile, options.blockSize());
    try (TorchCall call = module.call("begin")) {
      call.withIds(arrays.ids())
          .withIds(arrays.positions())
          .withIds(arrays.slots())
          .withList(arrays.spans())
          .withIds(arrays.tables())
          .with(tile)
          .runLong();
    }
  }

  /**
   * Attention of one layer.
   *
   * @param combined the experts' sum of the layer before, [rows, hidden]; ignored for layer 0
   * @param rows rows of the step
   */
  Attended attend(int layer, float[] combined, int rows, Phase phase) {
    int hidden = config.hiddenSize();
    int padded = StepArrays.roundUp(rows, options.tile(phase));
    float[] sum = layer == 0 ? new float[0] : Arrays.copyOf(combined, padded * hidden);
    try (TorchCall call = module.call("attend")) {
      List<float[]> result =
          call.with(layer).withFloats(sum, sum.length / hidden, hidden).runTuple();
      return new Attended(
          Arrays.copyOf(result.get(0), rows * hidden),
          Arrays.copyOf(result.get(1), rows * config.experts()));
    }
  }

  /**
   * Logits of some rows, [rows.length, vocabulary] and then padding.
   *
   * @param combined the last layer's experts' sum, [rows of the step, hidden]
   */
  float[] finish(float[] combined, int stepRows, Phase phase, int[] rows) {
    int hidden = config.hiddenSize();
    int padded = StepArrays.roundUp(stepRows, options.tile(phase));
    long[] wanted = new long[StepArrays.roundUp(rows.length, options.decodeTile())];
    for (int i = 0; i < rows.length; i++) {
      wanted[i] = rows[i];
    }
    try (TorchCall call = module.call("finish")) {
      return call.withFloats(Arrays.copyOf(combined, padded * hidden), padded, hidden)
          .withIds(wanted)
          .with(options.decodeTile())
          .runFloats();
    }
  }

  @Override
  public float[] logits(int layer, Phase phase, float[] rows) {
    int hidden = config.hiddenSize();
    int count = rows.length / hidden;
    int tile = options.tile(phase);
    int padded = StepArrays.roundUp(count, tile);
    try (TorchCall call = module.call("gate")) {
      float[] all =
          call.with(layer)
              .withFloats(Arrays.copyOf(rows, padded * hidden), padded, hidden)
              .with(tile)
              .runFloats();
      return Arrays.copyOf(all, count * config.experts());
    }
  }

  @Override
  public void close() {
    module.close();
  }

  /**
   * What a layer hands to the gate and the experts.
   *
   * @param hidden [rows, hidden]
   * @param gateLogits [rows, experts]
   */
  record Attended(float[] hidden, float[] gateLogits) {}
}
