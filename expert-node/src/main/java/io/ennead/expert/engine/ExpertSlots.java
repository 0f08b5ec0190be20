package io.ennead.expert.engine;

import io.ennead.expert.architecture.GatedFfn;
import io.ennead.wire.Rows;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * The module that keeps experts of one shape, and their places in it: one slot each. Slots may be
 * filled while others run; a slot that is released must be in no run. Thread-safe but for that.
 */
final class ExpertSlots {
  // The module's lists of weights may move while they grow.
  private final ReadWriteLock lists = new ReentrantReadWriteLock();

  private final TorchModule module;
  private final EngineOptions options;
  private final GatedFfn shape;

  private ExpertSlots(TorchModule module, EngineOptions options, GatedFfn shape) {
    this.module = module;
    this.options = options;
    this.shape = shape;
  }

  /** Loads the module that suits device, processor, number format and the experts' size. */
  static ExpertSlots open(EngineOptions options, GatedFfn shape) {
    if (options.packs(shape.hiddenSize(), shape.width())) {
      TorchModule module = load("packed_experts.pt", options);
      if (supports(module, options)) {
        return configure(module, options, shape);
      }
      module.close();
    }
    return configure(load("gated_experts.pt", options), options, shape);
  }

  private static TorchModule load(String resource, EngineOptions options) {
    return TorchModule.load(ExpertSlots.class, resource, options.threads());
  }

  private static boolean supports(TorchModule module, EngineOptions options) {
    return ask(module.call("supports").with(options.type().label()));
  }

  /** Tells the module the activation that all experts share. */
  private static ExpertSlots configure(TorchModule module, EngineOptions options, GatedFfn shape) {
    try (TorchCall call = module.call("configure")) {
      call.with(shape.activation().kind().code()).with(shape.activation().limit()).runLong();
    }
    return new ExpertSlots(module, options, shape);
  }

  TorchModule module() {
    return module;
  }

  /**
   * Whether products of other lengths than the tile's may give the same bits; known once an expert
   * is allocated.
   */
  boolean anyLength() {
    return ask(module.call("any_length"));
  }

  private static boolean ask(TorchCall question) {
    try (question) {
      return question.runLong() == 1;
    }
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

  /** Makes room for one expert, between runs. */
  int allocate() {
    lists.writeLock().lock();
    try {
      return allocateNow();
    } finally {
      lists.writeLock().unlock();
    }
  }

  private int allocateNow() {
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
    lists.writeLock().lock();
    try (TorchCall call = module.call("release")) {
      call.with(slot).runLong();
    } finally {
      lists.writeLock().unlock();
    }
  }

  /** Runs the experts of the plan's slots on rows. */
  Rows run(TilePlan plan, Rows rows) {
    lists.readLock().lock();
    try (TorchCall call = module.call("forward")) {
      return call.withRows(rows.select(plan.gather()))
          .withList(plan.slots())
          .withList(plan.lengths())
          .runRows(rows.width(), plan.keep());
    } finally {
      lists.readLock().unlock();
    }
  }
}
