package io.ennead.expert.engine;

/**
 * What the machine does at most, for benchmarks to compare with: reads of memory, and a product of
 * two squares large enough for the library to show its best. Used by one thread.
 */
public final class MachineLimits implements AutoCloseable {
  private final TorchModule module;
  private final long blockBytes;
  private final int side;

  private MachineLimits(TorchModule module, long blockBytes, int side) {
    this.module = module;
    this.blockBytes = blockBytes;
    this.side = side;
  }

  /**
   * Allocates what is read and multiplied.
   *
   * @param options device, threads and number format; int8 is multiplied as bf16
   * @param blockBytes read at a time; several times the caches' size
   * @param side rows and columns of the squares
   */
  public static MachineLimits open(EngineOptions options, long blockBytes, int side) {
    TorchModule module =
        TorchModule.load(MachineLimits.class, "machine_limits.pt", options.threads());
    try (TorchCall call = module.call("allocate")) {
      call.with(blockBytes / Float.BYTES)
          .with(side)
          .with(options.type().label())
          .with(options.device())
          .runLong();
      return new MachineLimits(module, blockBytes, side);
    } catch (RuntimeException | Error e) {
      module.close();
      throw e;
    }
  }

  /** Reads the block once; gives bytes per second. */
  public double readBytesPerSecond() {
    return blockBytes / seconds("read");
  }

  /** Multiplies the squares once; gives multiplications with an addition per second. */
  public double macsPerSecond() {
    return (double) side * side * side / seconds("multiply");
  }

  private double seconds(String method) {
    long start = System.nanoTime();
    try (TorchCall call = module.call(method)) {
      call.runLong();
    }
    return (System.nanoTime() - start) / 1e9;
  }

  @Override
  public void close() {
    module.close();
  }
}
