package io.ennead.expert.engine;

import io.ennead.expert.architecture.GatedFfn;
import java.nio.ByteBuffer;

/** Where the module keeps experts of one shape: one slot each. */
final class ExpertSlots {
  private final TorchModule module;
  private final EngineOptions options;
  private final GatedFfn shape;

  private ExpertSlots(TorchModule module, EngineOptions options, GatedFfn shape) {
    this.module = module;
    this.options = options;
    this.shape = shape;
  }

  /** Tells the module the activation that all experts share. */
  static ExpertSlots configure(TorchModule module, EngineOptions options, GatedFfn shape) {
    try (TorchCall call = module.call("configure")) {
      call.with(shape.activation().kind().code()).with(shape.activation().limit()).runLong();
    }
    return new ExpertSlots(module, options, shape);
  }

  int width() {
    return shape.width();
  }

  int hidden() {
    return shape.hiddenSize();
  }

  boolean biased() {
    return shape.biased();
  }

  /** Makes room for one expert. */
  int allocate() {
    try (TorchCall call = module.call("allocate")) {
      return (int)
          call.with(width())
              .with(hidden())
              .with(options.type().label())
              .with(biased())
              .with(options.device())
              .runLong();
    }
  }

  /** Rows of part 0 gate, 1 up, 2 down. */
  void fill(int slot, int part, int row, ByteBuffer values, int rows, int columns) {
    try (TorchCall call = module.call("fill")) {
      call.with(slot).with(part).with(row).withFloats(values, rows, columns).runLong();
    }
  }

  /** Numbers of a part's bias. */
  void fillBias(int slot, int part, int row, ByteBuffer values, int count) {
    try (TorchCall call = module.call("fill_bias")) {
      call.with(slot).with(part).with(row).withFloats(values, count, 1).runLong();
    }
  }

  void release(int slot) {
    try (TorchCall call = module.call("release")) {
      call.with(slot).runLong();
    }
  }
}
