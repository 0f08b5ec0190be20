package io.ennead.cli;

import io.ennead.cli.html.Numbers;
import io.ennead.cli.kernels.ExpertsBenchmark;
import io.ennead.cli.kernels.ExpertsJson;
import io.ennead.cli.kernels.LayerShape;
import io.ennead.cli.kernels.LayerTime;
import io.ennead.cli.synthetic.SyntheticModel;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.engine.EngineOptions;
import io.ennead.expert.engine.ExpertEngine.Tile;
import io.ennead.wire.ComputeType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "experts",
    description = {
      "Measures the experts of a layer without a network, as an expert node calls them: time,"
          + " products and bytes of weights per second, and what part that is of the machine's"
          + " limits, which are measured in turns with it: a sum over a large block of memory, and"
          + " a product of two large squares in the same number format.",
      "Each row goes to its experts in turn, so that all have equally many. Padding of tiles does"
          + " not count as work. Weights that stay in the caches can be read faster than memory."
    })
final class BenchExpertsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private BenchOutput output = new BenchOutput();

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "Model directory (default: random weights of the shape below).")
  private @Nullable Path model;

  @Option(
      names = "--hidden",
      defaultValue = "4096",
      paramLabel = "N",
      converter = CountConverter.class,
      description = "Width of a row (default: ${DEFAULT-VALUE}).")
  private int hidden;

  @Option(
      names = "--width",
      defaultValue = "14336",
      paramLabel = "N",
      converter = CountConverter.class,
      description = "Inner width of an expert (default: ${DEFAULT-VALUE}).")
  private int width;

  @Option(
      names = "--experts",
      defaultValue = "8",
      paramLabel = "N",
      converter = CountConverter.class,
      description = "Experts (default: ${DEFAULT-VALUE}).")
  private int experts;

  @Option(
      names = "--top-k",
      defaultValue = "0",
      paramLabel = "K",
      converter = IndexConverter.class,
      description = "Experts of each row; 0: the model's own number, or 2 (default: 0).")
  private int topK;

  @Option(
      names = "--dtype",
      defaultValue = "f32",
      paramLabel = "TYPE",
      converter = ComputeTypeConverter.class,
      description = "Compute type, f32, bf16 or int8 (default: ${DEFAULT-VALUE}).")
  private ComputeType dtype = ComputeType.F32;

  @Option(
      names = "--device",
      defaultValue = "cpu",
      paramLabel = "DEVICE",
      description = "Where the experts live, cpu or cuda:N (default: ${DEFAULT-VALUE}).")
  private String device = "";

  @Option(
      names = "--threads",
      defaultValue = "1",
      paramLabel = "N",
      converter = CountConverter.class,
      description = "Native threads per call (default: ${DEFAULT-VALUE}).")
  private int threads;

  @Option(names = "--free-tiles", description = "Products of as many rows as there are, unpadded.")
  private boolean freeTiles;

  @Option(
      names = "--rows",
      split = ",",
      defaultValue = "1,8,16,64,512",
      paramLabel = "N",
      converter = CountConverter.class,
      description = "Rows of the whole layer (default: ${DEFAULT-VALUE}).")
  private List<Integer> rows = List.of();

  @Option(
      names = "--prefill-from",
      defaultValue = "128",
      paramLabel = "N",
      converter = CountConverter.class,
      description = "Rows from which the prefill tile is used (default: ${DEFAULT-VALUE}).")
  private int prefillFrom;

  @Option(
      names = "--repetitions",
      defaultValue = "20",
      paramLabel = "N",
      converter = CountConverter.class,
      description = "Runs for each number of rows (default: ${DEFAULT-VALUE}).")
  private int repetitions;

  @Option(
      names = "--read",
      defaultValue = "1GiB",
      paramLabel = "BYTES",
      converter = BytesConverter.class,
      description =
          "Memory that is read at a time for its limit; several times the caches' size (default:"
              + " ${DEFAULT-VALUE}).")
  private long read;

  @Option(
      names = "--square",
      defaultValue = "2048",
      paramLabel = "N",
      converter = CountConverter.class,
      description = "Rows and columns of the product for its limit (default: ${DEFAULT-VALUE}).")
  private int square;

  @Override
  public Integer call() throws IOException {
    if (!EngineOptions.isDevice(device)) {
      throw wrong("--device", device, "cpu or cuda:N");
    }
    if (model != null) {
      return run(model);
    }
    requireTopK(experts);
    try (TemporaryModel made = TemporaryModel.create()) {
      SyntheticModel.layer(hidden, width, experts).write(made.directory(), 0);
      return run(made.directory());
    }
  }

  private int run(Path directory) {
    Checkpoint checkpoint = Checkpoint.open(directory);
    requireTopK(checkpoint.config().experts());
    LayerShape shape = LayerShape.of(checkpoint, topK);
    EngineOptions options = new EngineOptions(device, dtype, threads, 0, 0, !freeTiles);
    List<LayerTime> times = new ArrayList<>();
    try (ExpertsBenchmark benchmark =
        ExpertsBenchmark.load(checkpoint, shape, options, read, square)) {
      rows.forEach(count -> times.add(benchmark.measure(count, tile(count), repetitions)));
    }
    output.print(
        spec.commandLine().getOut(),
        () -> table(times),
        () -> ExpertsJson.of(shape, options, times));
    return 0;
  }

  private void requireTopK(int most) {
    if (topK > most) {
      throw wrong("--top-k", topK, "0 to " + most);
    }
  }

  private ParameterException wrong(String flag, Object value, String expected) {
    return new ParameterException(
        spec.commandLine(), "%s: %s (expected: %s)".formatted(flag, value, expected));
  }

  private Tile tile(int count) {
    return count < prefillFrom ? Tile.DECODE : Tile.PREFILL;
  }

  static Table table(List<LayerTime> times) {
    Table table =
        new Table()
            .row(
                "rows",
                "phase",
                "ms",
                "GMAC/s",
                "at most",
                "part",
                "GB/s",
                "at most",
                "part",
                "of limit");
    for (LayerTime time : times) {
      table.row(
          time.rows(),
          time.phase(),
          Numbers.fixed(time.seconds() * 1e3, 3),
          giga(time.macsPerSecond()),
          giga(time.limits().macsPerSecond()),
          Numbers.percent(time.ofMacs()),
          giga(time.bytesPerSecond()),
          giga(time.limits().bytesPerSecond()),
          Numbers.percent(time.ofBandwidth()),
          Numbers.percent(time.ofLimit()));
    }
    return table;
  }

  private static String giga(double value) {
    return Numbers.fixed(value / 1e9, 1);
  }
}
