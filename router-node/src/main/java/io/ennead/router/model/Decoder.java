package io.ennead.router.model;

import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.engine.TorchCall;
import io.ennead.expert.engine.TorchModule;
import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.router.moe.GateLogits;
import io.ennead.router.moe.SharedExpert;
import java.util.List;
import java.util.OptionalLong;

/**
 * The module {@code decoder}, or {@code packed_decoder}: everything between two dispatches in one
 * native call, but a shared expert. One thread at a time runs steps ({@link #begin}, then {@link
 * #attend} and {@link #share} for each layer with experts, {@link #end}, {@link #hidden}, {@link
 * #finish}); {@link #logits} and {@link #output} may be called from any thread beside it.
 */
final class Decoder implements GateLogits, SharedExpert, AutoCloseable {
  /** Starting a packed product of f32 costs more than a smaller one saves. */
  private static final long PACK_FROM = 1 << 16;

  private final TorchModule module;
  private final ModelConfig config;
  private final int blockSize;
  private final StepLengths lengths;

  private Decoder(TorchModule module, ModelConfig config, int blockSize, StepLengths lengths) {
    this.module = module;
    this.config = config;
    this.blockSize = blockSize;
    this.lengths = lengths;
  }

  /**
   * Loads the module and the weights.
   *
   * @param packFrom maps of so many numbers and more are packed in f32; empty: none in any type
   */
  static Decoder load(Checkpoint checkpoint, DecoderOptions options, OptionalLong packFrom) {
    String archive = packFrom.isPresent() ? "packed_decoder.pt" : "decoder.pt";
    TorchModule module = TorchModule.load(Decoder.class, archive, options.threads());
    try {
      packFrom.ifPresent(numbers -> packFrom(module, numbers));
      DecoderWeights weights = new DecoderWeights(module, checkpoint, options);
      new DecoderLoader(module, checkpoint.config(), options, weights).load();
      StepLengths lengths = StepLengths.of(module, options);
      return new Decoder(module, checkpoint.config(), options.blockSize(), lengths);
    } catch (RuntimeException e) {
      module.close();
      throw e;
    }
  }

  /** From where on maps are packed when nobody says otherwise. */
  static OptionalLong packFrom(String device) {
    return TorchModule.packsFor(device) ? OptionalLong.of(PACK_FROM) : OptionalLong.empty();
  }

  private static void packFrom(TorchModule module, long numbers) {
    try (TorchCall call = module.call("pack_from")) {
      call.with(numbers).runLong();
    }
  }

  /** Starts a step. */
  void begin(Step step) {
    int tile = lengths.of(step.phase(), step.rows());
    StepArrays arrays = StepArrays.of(step, tile, blockSize);
    try (TorchCall call = module.call("begin")) {
      call.withIds(arrays.numbers())
          .withList(arrays.sizes())
          .withList(arrays.spans())
          .with(tile)
          .with(step.phase() == Phase.DECODE)
          .runLong();
    }
  }

  /**
   * Attention of one layer with experts, and all of the dense layers in front of it.
   *
   * @param combined the experts' sum of the layer with experts before, [rows, hidden]; empty for
   *     the first
   * @param rows rows of the step
   */
  Attended attend(int layer, float[] combined, int rows, Phase phase) {
    int hidden = config.hiddenSize();
    int padded = StepArrays.roundUp(rows, lengths.of(phase, rows));
    try (TorchCall call = module.call("attend")) {
      List<float[]> result =
          call.with(layer)
              .withFloats(combined, combined.length == 0 ? 0 : padded, hidden) // none for the first
              .runTuple(rows * hidden, rows * config.experts());
      return new Attended(result.get(0), result.get(1));
    }
  }

  /**
   * The shared expert of the layer attended last, if it has one; its output stays in the module.
   */
  void share(int layer) {
    if (config.moe(layer).shared().isPresent()) {
      try (TorchCall call = module.call("share")) {
        call.with(layer).runLong();
      }
    }
  }

  /**
   * Adds the last experts' sum, and runs the dense layers behind them.
   *
   * @param combined [rows, hidden]
   */
  void end(float[] combined, int rows, Phase phase) {
    int padded = StepArrays.roundUp(rows, lengths.of(phase, rows));
    try (TorchCall call = module.call("end")) {
      call.withFloats(combined, padded, config.hiddenSize()).runLong();
    }
  }

  /** Logits of some rows of a step that has ended, [rows.length, vocabulary]. */
  float[] finish(int[] rows) {
    int tile = lengths.of(Phase.DECODE, rows.length);
    try (TorchCall call = module.call("finish")) {
      return call.withIds(padded(rows, tile))
          .with(rows.length)
          .with(tile)
          .runFloats(rows.length * config.vocabularySize());
    }
  }

  /** What {@link #finish} computes the logits of these rows from, [rows.length, hidden]. */
  float[] hidden(int[] rows) {
    long[] padded = padded(rows, lengths.of(Phase.DECODE, rows.length));
    try (TorchCall call = module.call("hidden")) {
      return call.withIds(padded).with(rows.length).runFloats(rows.length * config.hiddenSize());
    }
  }

  private static long[] padded(int[] rows, int tile) {
    long[] padded = new long[StepArrays.roundUp(rows.length, tile)];
    for (int i = 0; i < rows.length; i++) {
      padded[i] = rows[i];
    }
    return padded;
  }

  /** Copies a block of the KV caches to another. */
  void copyBlock(int source, int target) {
    try (TorchCall call = module.call("copy_block")) {
      call.with(source).with(target).runLong();
    }
  }

  @Override
  public float[] logits(int layer, Phase phase, float[] rows) {
    return onRows("gate", layer, phase, rows, config.experts());
  }

  @Override
  public float[] output(int layer, Phase phase, float[] rows) {
    return config.moe(layer).shared().isEmpty()
        ? new float[0]
        : onRows("shared_expert", layer, phase, rows, config.hiddenSize());
  }

  private float[] onRows(String method, int layer, Phase phase, float[] rows, int width) {
    int hidden = config.hiddenSize();
    int count = rows.length / hidden;
    int tile = lengths.of(phase, count);
    int padded = StepArrays.roundUp(count, tile);
    try (TorchCall call = module.call(method)) {
      return call.with(layer).withFloats(rows, padded, hidden).with(tile).runFloats(count * width);
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
