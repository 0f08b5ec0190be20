package io.ennead.router.model;

import io.ennead.expert.architecture.Linear;
import io.ennead.expert.architecture.Weight;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.WeightReader;
import io.ennead.expert.engine.TorchCall;
import io.ennead.expert.engine.TorchModule;
import io.ennead.wire.ComputeType;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/**
 * Moves weights from the checkpoint into the module, a block at a time through one staging buffer.
 * Matrices are held in the compute type; vectors, and what decides which experts are chosen, in
 * float32.
 */
final class DecoderWeights {
  private final TorchModule module;
  private final DecoderOptions options;
  private final WeightReader reader;

  DecoderWeights(TorchModule module, Checkpoint checkpoint, DecoderOptions options) {
    this.module = module;
    this.options = options;
    this.reader = new WeightReader(checkpoint);
  }

  /** One matrix. */
  void matrix(int layer, String name, Weight weight) {
    reserve(layer, name, weight.rows(), weight.columns(), options.type() != ComputeType.F32);
    fill(layer, name, 0, weight);
  }

  /** One matrix, held in float32. */
  void exactMatrix(int layer, String name, Weight weight) {
    reserve(layer, name, weight.rows(), weight.columns(), false);
    fill(layer, name, 0, weight);
  }

  /** A vector. */
  void vector(int layer, String name, Weight weight) {
    reserve(layer, name, weight.rows(), 0, false);
    fill(layer, name, 0, weight);
  }

  /** A map held in float32, with its bias. */
  void exactLinear(int layer, String name, Linear map) {
    exactMatrix(layer, name, map.weight());
    map.bias().ifPresent(bias -> vector(layer, name + "_bias", bias));
  }

  /** Maps of the same input, one above the other as one; all or none have biases. */
  void linear(int layer, String name, Linear... maps) {
    int rows = Arrays.stream(maps).mapToInt(map -> map.weight().rows()).sum();
    boolean biased = maps[0].bias().isPresent();
    reserve(layer, name, rows, maps[0].weight().columns(), options.type() != ComputeType.F32);
    if (biased) {
      reserve(layer, name + "_bias", rows, 0, false);
    }
    int row = 0;
    for (Linear map : maps) {
      fill(layer, name, row, map.weight());
      Optional<Weight> bias = map.bias();
      if (bias.isPresent()) {
        fill(layer, name + "_bias", row, bias.get());
      }
      row += map.weight().rows();
    }
  }

  private void reserve(int layer, String name, int rows, int columns, boolean bf16) {
    try (TorchCall call = module.call("reserve")) {
      call.with(layer)
          .with(name)
          .with(rows)
          .with(columns)
          .with(bf16)
          .with(options.device())
          .runLong();
    }
  }

  /** Fills rows from {@code offset} on. */
  private void fill(int layer, String name, int offset, Weight weight) {
    int columns = weight.columns();
    reader.read(
        weight,
        (first, count, values) -> fill(layer, name, offset + first, values, count, columns));
  }

  private void fill(int layer, String name, int row, ByteBuffer values, int rows, int columns) {
    try (TorchCall call = module.call("fill")) {
      call.with(layer).with(name).with(row).withFloats(values, rows, columns).runLong();
    }
  }
}
