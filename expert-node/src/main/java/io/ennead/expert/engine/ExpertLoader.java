package io.ennead.expert.engine;

import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Family;
import io.ennead.expert.checkpoint.MappedTensor;
import io.ennead.expert.checkpoint.ModelConfig;
import io.ennead.expert.checkpoint.TensorInfo;
import io.ennead.expert.engine.TorchExperts.ExpertKey;
import io.ennead.wire.ComputeType;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Moves experts from the checkpoint into the module, a few rows at a time through one staging
 * buffer, so that no second copy of a tensor is ever resident.
 */
final class ExpertLoader {
  private final TorchModule module;
  private final Checkpoint checkpoint;
  private final EngineOptions options;
  private final Consumer<LoadProgress> progress;
  private final ModelConfig config;
  private final RowStaging staging;
  private long doneBytes;
  private long totalBytes;

  ExpertLoader(
      TorchModule module,
      Checkpoint checkpoint,
      EngineOptions options,
      Consumer<LoadProgress> progress) {
    this.module = module;
    this.checkpoint = checkpoint;
    this.options = options;
    this.progress = progress;
    this.config = checkpoint.config();
    this.staging = new RowStaging(Math.max(config.hiddenSize(), config.expertWidth()));
  }

  long totalBytes() {
    return totalBytes;
  }

  /** Loads the experts of every layer; gives their slots. */
  Map<ExpertKey, Integer> load(List<Integer> experts) {
    totalBytes = measure(experts);
    Map<ExpertKey, Integer> slots = new HashMap<>();
    for (int layer = 0; layer < config.layers(); layer++) {
      for (int expert : experts) {
        slots.put(new ExpertKey(layer, expert), loadExpert(layer, expert));
      }
    }
    return slots;
  }

  private long measure(List<Integer> experts) {
    long bytes = 0;
    for (int layer = 0; layer < config.layers(); layer++) {
      for (int expert : experts) {
        for (TensorInfo part : parts(layer, expert)) {
          bytes += part.bytes();
        }
      }
    }
    return bytes;
  }

  /** Gate, up and down of one expert: the order of the module's parts. */
  private List<TensorInfo> parts(int layer, int expert) {
    Family family = config.family();
    long width = config.expertWidth();
    long hidden = config.hiddenSize();
    return List.of(
        checkpoint.require(family.expertGate(layer, expert), width, hidden),
        checkpoint.require(family.expertUp(layer, expert), width, hidden),
        checkpoint.require(family.expertDown(layer, expert), hidden, width));
  }

  private int loadExpert(int layer, int expert) {
    int slot = allocate(module, config.expertWidth(), config.hiddenSize(), options);
    List<TensorInfo> parts = parts(layer, expert);
    for (int part = 0; part < parts.size(); part++) {
      TensorInfo info = parts.get(part);
      try (MappedTensor tensor = checkpoint.map(info.name())) {
        fill(
            slot,
            part,
            tensor,
            Math.toIntExact(info.shape().get(0)),
            Math.toIntExact(info.shape().get(1)));
      }
      doneBytes += info.bytes();
      progress.accept(
          new LoadProgress(
              doneBytes, totalBytes, "layer %d of %d".formatted(layer + 1, config.layers())));
    }
    return slot;
  }

  private void fill(int slot, int part, MappedTensor tensor, int rows, int columns) {
    staging.copy(
        tensor,
        rows,
        columns,
        (row, count, values) -> fill(module, slot, part, row, values, count, columns));
  }

  static int allocate(TorchModule module, int width, int hidden, EngineOptions options) {
    try (TorchCall call = module.call("allocate")) {
      return (int)
          call.with(width)
              .with(hidden)
              .with(options.type() == ComputeType.BF16)
              .with(options.device())
              .runLong();
    }
  }

  static void fill(
      TorchModule module, int slot, int part, int row, ByteBuffer values, int rows, int columns) {
    try (TorchCall call = module.call("fill")) {
      call.with(slot).with(part).with(row).withFloats(values, rows, columns).runLong();
    }
  }
}
