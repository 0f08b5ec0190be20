package io.ennead.cli.kernels;

import io.ennead.cli.kernels.LayerTime.Limits;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.engine.EngineOptions;
import io.ennead.expert.engine.ExpertEngine;
import io.ennead.expert.engine.ExpertEngine.Slice;
import io.ennead.expert.engine.ExpertEngine.Tile;
import io.ennead.expert.engine.MachineLimits;
import io.ennead.expert.engine.TorchExperts;
import io.ennead.wire.Rows;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Times the experts of a layer as an expert node calls them, in turns with the machine's limits:
 * what else the machine does strikes both. Of several layers each run takes the next.
 */
public final class ExpertsBenchmark implements AutoCloseable {
  private static final int WARM_UP = 2;

  private final LayerShape shape;
  private final EngineOptions options;
  private final List<Integer> layers;
  private final ExpertEngine engine;
  private final MachineLimits machine;

  private ExpertsBenchmark(
      LayerShape shape,
      EngineOptions options,
      List<Integer> layers,
      ExpertEngine engine,
      MachineLimits machine) {
    this.shape = shape;
    this.options = options;
    this.layers = layers;
    this.engine = engine;
    this.machine = machine;
  }

  /**
   * Loads all experts of a model.
   *
   * @param blockBytes what a read of memory reads
   * @param side rows and columns of the product that shows the most
   */
  public static ExpertsBenchmark load(
      Checkpoint checkpoint, LayerShape shape, EngineOptions options, long blockBytes, int side) {
    List<Integer> experts = IntStream.range(0, shape.experts()).boxed().toList();
    ExpertEngine engine = TorchExperts.load(checkpoint, experts, options, progress -> {});
    try {
      MachineLimits machine = MachineLimits.open(options, blockBytes, side);
      List<Integer> layers = checkpoint.config().moeLayers();
      return new ExpertsBenchmark(shape, options, layers, engine, machine);
    } catch (RuntimeException | Error e) {
      engine.close();
      throw e;
    }
  }

  /** Medians for a number of rows. */
  public LayerTime measure(int rows, Tile tile, int repetitions) {
    Rows hidden = hidden(rows);
    List<Slice> slices = shape.slices(rows);
    double[] seconds = new double[repetitions];
    double[] reads = new double[repetitions];
    double[] products = new double[repetitions];
    for (int i = -WARM_UP; i < repetitions; i++) {
      int layer = layers.get((i + WARM_UP) % layers.size());
      int at = Math.max(i, 0); // a warm-up run is written over
      seconds[at] = seconds(() -> engine.run(layer, tile, hidden, slices));
      reads[at] = machine.readBytesPerSecond();
      products[at] = machine.macsPerSecond();
    }
    return new LayerTime(
        rows,
        tile.name().toLowerCase(Locale.ROOT),
        median(seconds),
        shape.macs(rows),
        shape.weightBytes(rows, options.type()),
        new Limits(median(reads), median(products)));
  }

  /** Within [-1, 1], as a norm gives: no two neighbours equal. */
  private Rows hidden(int rows) {
    float[] values = new float[rows * shape.hidden()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.sin(i + 1.0);
    }
    return Rows.of(values, shape.hidden());
  }

  private static double seconds(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1e9;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  @Override
  public void close() {
    machine.close();
    engine.close();
  }
}
