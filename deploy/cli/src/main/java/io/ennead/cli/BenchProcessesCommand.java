package io.ennead.cli;

import io.ennead.cli.transport.DispatchBenchmark;
import io.ennead.cli.transport.DispatchBenchmark.Plan;
import io.ennead.cli.transport.DispatchJson;
import io.ennead.cli.transport.LayerCall;
import io.ennead.cli.transport.RoundTrips;
import io.ennead.expert.architecture.MixtureOfExperts;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.checkpoint.family.Families;
import io.ennead.wire.ComputeType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "processes",
    description = {
      "Measures the experts of a model's first layer on expert nodes that run, from numbers to"
          + " weighted sums, and in turns with it the same kernels in this process, which loads all"
          + " experts for that. Both must give the same bits.",
      "Each row goes to as many experts as the model says, in turn, so that all have equally many;"
          + " from 128 rows on with a prompt's tiles."
    })
final class BenchProcessesCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private BenchOutput output = new BenchOutput();

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "What the nodes hold (default: the bundled demo model).")
  private @Nullable Path model;

  @Option(
      names = "--expert-nodes",
      split = ",",
      required = true,
      paramLabel = "ADDRESS",
      description = "Where they are: host:port, separated by commas.")
  private List<String> nodes = List.of();

  @Option(
      names = "--dtype",
      defaultValue = "f32",
      paramLabel = "TYPE",
      converter = ComputeTypeConverter.class,
      description = "As the nodes compute, f32, bf16 or int8 (default: ${DEFAULT-VALUE}).")
  private ComputeType dtype = ComputeType.F32;

  @Option(
      names = "--threads",
      paramLabel = "N",
      converter = CountConverter.class,
      description = "Native threads per call in this process (default: all processors).")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--rows",
      split = ",",
      defaultValue = "16,512",
      paramLabel = "N",
      converter = CountConverter.class,
      description = "Rows of the layer (default: ${DEFAULT-VALUE}).")
  private List<Integer> rows = List.of();

  @Option(
      names = "--rounds",
      defaultValue = "7",
      paramLabel = "N",
      converter = CountConverter.class,
      description = "Turns of each side (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--turn",
      defaultValue = "1s",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "How long a turn takes, at least one call (default: ${DEFAULT-VALUE}).")
  private Duration turn = Duration.ZERO;

  @Option(
      names = "--warm-up",
      defaultValue = "20s",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description =
          "Of each side, before the first turn: nodes that have just started need hundreds of calls"
              + " (default: ${DEFAULT-VALUE}).")
  private Duration warmUp = Duration.ZERO;

  @Override
  public Integer call() throws InterruptedException {
    System.setProperty("ennead.log.level", "WARN"); // peers that become ready, one by one
    Path directory = model == null ? Home.demoModel() : model;
    List<List<RoundTrips>> results = new ArrayList<>();
    ModelConfig config = Families.read(directory.resolve("config.json"));
    try (DispatchBenchmark benchmark =
        DispatchBenchmark.ofProcesses(
            directory, nodes, dtype, threads, new Plan(warmUp, rounds, turn))) {
      benchmark.run(calls(config.moe(config.moeLayers().get(0))), results::add);
    }
    output.print(
        spec.commandLine().getOut(),
        () -> BenchDispatchCommand.table(results),
        () -> DispatchJson.of(config.hiddenSize(), dtype.label(), results));
    return 0;
  }

  private List<LayerCall> calls(MixtureOfExperts moe) {
    int perRow = moe.gate().expertsPerToken();
    return rows.stream().map(count -> new LayerCall(count, moe.experts().size(), perRow)).toList();
  }
}
