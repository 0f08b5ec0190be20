package io.ennead.cli;

import io.ennead.client.EnneadClient;
import io.ennead.client.LoadGenerator;
import io.ennead.client.LoadGenerator.Measurement;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "bench",
    subcommands = {
      TrafficCommand.class,
      BenchLayerCommand.class,
      BenchDispatchCommand.class,
      BenchProcessesCommand.class,
      BenchExpertsCommand.class
    },
    description =
        "Measures tokens per second and the time to the first token of a running router: greedy"
            + " streams of a fixed length, then long prompts. Medians of several runs after a"
            + " warm-up.")
final class BenchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Connection connection = new Connection();

  @Option(
      names = "--streams",
      split = ",",
      defaultValue = "1,8,32",
      paramLabel = "N",
      description = "Numbers of concurrent streams (default: ${DEFAULT-VALUE}).")
  private List<Integer> streams = List.of();

  @Option(
      names = "--tokens",
      defaultValue = "128",
      paramLabel = "N",
      description = "Tokens that each stream makes (default: ${DEFAULT-VALUE}).")
  private int tokens;

  @Option(
      names = "--prompt-tokens",
      defaultValue = "900",
      paramLabel = "N",
      description = "Length of the long prompts (default: ${DEFAULT-VALUE}).")
  private int promptTokens;

  @Option(
      names = "--prompts",
      defaultValue = "4",
      paramLabel = "N",
      description = "Long prompts sent together (default: ${DEFAULT-VALUE}).")
  private int prompts;

  @Option(
      names = "--runs",
      defaultValue = "3",
      paramLabel = "N",
      description = "Runs per line (default: ${DEFAULT-VALUE}).")
  private int runs;

  @Option(
      names = "--trace",
      defaultValue = "none",
      paramLabel = "LEVEL",
      description = "Routing that the answers carry: none, summary or full (default: none).")
  private TraceDetail trace = TraceDetail.NONE;

  @Option(
      names = "--seed",
      converter = SeedConverter.class,
      paramLabel = "N",
      description = "Seed of the prompts (default: another one each time; it is printed).")
  private long seed = ThreadLocalRandom.current().nextLong();

  @Override
  public Integer call() throws InterruptedException {
    requirePositive();
    PrintWriter out = spec.commandLine().getOut();
    try (EnneadClient client = connection.open()) {
      int vocabulary = client.listModels(connection.limit()).getModels(0).getVocabularySize();
      LoadGenerator load =
          new LoadGenerator(client, connection.limit(), vocabulary, trace.level(), seed);
      load.decode(streams.stream().max(Comparator.naturalOrder()).orElse(1), tokens);
      load.prefill(1, promptTokens);
      out.println("seed " + Long.toUnsignedString(seed));
      measure(load).print(out);
    }
    return 0;
  }

  private void requirePositive() {
    streams.forEach(level -> requirePositive("--streams", level));
    requirePositive("--tokens", tokens);
    requirePositive("--prompt-tokens", promptTokens);
    requirePositive("--prompts", prompts);
    requirePositive("--runs", runs);
  }

  private void requirePositive(String flag, int value) {
    if (value < 1) {
      throw new ParameterException(
          spec.commandLine(), "%s: %d (expected: at least 1)".formatted(flag, value));
    }
  }

  private Table measure(LoadGenerator load) {
    Table table = new Table().row("phase", "streams", "tokens/s", "first-token-ms");
    for (int level : streams) {
      add(table, "decode", level, median(() -> load.decode(level, tokens)));
    }
    add(table, "prefill", prompts, median(() -> load.prefill(prompts, promptTokens)));
    return table;
  }

  private Measurement median(Supplier<Measurement> run) {
    List<Measurement> sorted =
        Stream.generate(run)
            .limit(runs)
            .sorted(Comparator.comparingDouble(Measurement::tokensPerSecond))
            .toList();
    return sorted.get(sorted.size() / 2);
  }

  private static void add(Table table, String phase, int streams, Measurement measured) {
    table.row(
        phase,
        streams,
        String.format(Locale.ROOT, "%.1f", measured.tokensPerSecond()),
        String.format(Locale.ROOT, "%.1f", measured.firstTokenSeconds() * 1000));
  }
}
