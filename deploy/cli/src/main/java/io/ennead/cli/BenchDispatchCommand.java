package io.ennead.cli;

import io.ennead.cli.html.Numbers;
import io.ennead.cli.transport.DispatchBenchmark;
import io.ennead.cli.transport.DispatchBenchmark.Plan;
import io.ennead.cli.transport.DispatchJson;
import io.ennead.cli.transport.LayerCall;
import io.ennead.cli.transport.Ratio;
import io.ennead.cli.transport.RoundTrips;
import io.ennead.wire.ComputeType;
import io.ennead.wire.TensorCodec;
import io.ennead.wire.WireLimits;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "dispatch",
    description =
        "Measures the way of one layer's rows to expert nodes and back, without experts: nodes in"
            + " this process that give rows back as they came, behind real sockets and the router's"
            + " dispatch; and in turns with it what an echo of the same bytes takes, over gRPC with"
            + " its own threads, over gRPC without (grpc-direct), over a gRPC stream that stays open,"
            + " and over TCP.")
final class BenchDispatchCommand implements Callable<Integer> {
  private static final int MAX_NODES = 256;
  private static final int MESSAGE_OVERHEAD = 64 << 10;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private BenchOutput output = new BenchOutput();

  @Option(
      names = "--nodes",
      split = ",",
      defaultValue = "1,8",
      paramLabel = "N",
      converter = CountConverter.class,
      description = "Nodes that a layer's call goes to (default: ${DEFAULT-VALUE}).")
  private List<Integer> nodes = List.of();

  @Option(
      names = "--rows",
      split = ",",
      defaultValue = "2,64",
      paramLabel = "N",
      converter = CountConverter.class,
      description = "Rows that every node gets (default: ${DEFAULT-VALUE}).")
  private List<Integer> rows = List.of();

  @Option(
      names = "--divide",
      description = "Divide a layer's rows among the nodes; otherwise every node gets all.")
  private boolean divide;

  @Option(
      names = "--hidden",
      defaultValue = "4096",
      paramLabel = "N",
      converter = CountConverter.class,
      description = "Width of a row (default: ${DEFAULT-VALUE}).")
  private int hidden;

  @Option(
      names = "--dtype",
      defaultValue = "bf16",
      paramLabel = "TYPE",
      converter = ComputeTypeConverter.class,
      description = "What rows travel as: f32 or bf16 (default: ${DEFAULT-VALUE}).")
  private ComputeType dtype = ComputeType.BF16;

  @Option(
      names = "--rounds",
      defaultValue = "7",
      paramLabel = "N",
      converter = CountConverter.class,
      description = "Turns of each transport (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--turn",
      defaultValue = "500ms",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "How long a turn takes (default: ${DEFAULT-VALUE}).")
  private Duration turn = Duration.ZERO;

  @Option(
      names = "--warm-up",
      defaultValue = "5s",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "Of each transport, before the first turn (default: ${DEFAULT-VALUE}).")
  private Duration warmUp = Duration.ZERO;

  @Override
  public Integer call() throws IOException, InterruptedException {
    int most = Collections.max(nodes);
    requireInRange("--nodes", most, MAX_NODES);
    int bytesPerRow = hidden * TensorCodec.bytesPerElement(dtype.wireType());
    requireInRange(
        "--rows",
        Collections.max(rows),
        Math.max(1, (WireLimits.MAX_MESSAGE_BYTES - MESSAGE_OVERHEAD) / bytesPerRow));
    System.setProperty("ennead.log.level", "WARN"); // many nodes share this terminal
    List<List<RoundTrips>> results = new ArrayList<>();
    try (TemporaryModel model = TemporaryModel.create();
        DispatchBenchmark benchmark =
            DispatchBenchmark.start(
                model.directory(), hidden, dtype, most, new Plan(warmUp, rounds, turn))) {
      benchmark.run(calls(), results::add);
    }
    output.print(
        spec.commandLine().getOut(),
        () -> table(results),
        () -> DispatchJson.of(hidden, dtype.label(), results));
    return 0;
  }

  private List<LayerCall> calls() {
    return nodes.stream()
        .flatMap(count -> rows.stream().map(each -> LayerCall.of(each, count, divide)))
        .toList();
  }

  private void requireInRange(String flag, int value, int most) {
    if (value > most) {
      throw new ParameterException(
          spec.commandLine(), "%s: %d (expected: 1 to %d)".formatted(flag, value, most));
    }
  }

  static Table table(List<List<RoundTrips>> results) {
    Table table =
        new Table().row("nodes", "rows", "transport", "median-us", "p99-us", "ennead / it");
    results.forEach(call -> call.forEach(one -> table.row(cells(one, call.get(0)))));
    return table;
  }

  private static Object[] cells(RoundTrips one, RoundTrips ours) {
    return Stream.of(
            one.call().nodes(),
            one.call().rows(),
            one.transport(),
            Numbers.fixed(one.micros(50), 0),
            Numbers.fixed(one.micros(99), 0),
            one.transport().equals(ours.transport()) ? "" : text(ours.to(one)))
        .toArray();
  }

  private static String text(Ratio ratio) {
    return "%s (%s to %s)"
        .formatted(
            Numbers.fixed(ratio.median(), 2),
            Numbers.fixed(ratio.least(), 2),
            Numbers.fixed(ratio.most(), 2));
  }
}
