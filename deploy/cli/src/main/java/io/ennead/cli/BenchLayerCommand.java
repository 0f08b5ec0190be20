package io.ennead.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.cli.html.Numbers;
import io.ennead.client.EnneadClient;
import io.ennead.v1.DataType;
import io.ennead.v1.MoeServiceForwardRequest;
import io.ennead.v1.Phase;
import io.ennead.wire.TensorCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "layer",
    description =
        "Measures MoeService.Forward of a running router: one call at a time with activations of"
            + " one layer, from numbers in an array to numbers in an array.")
final class BenchLayerCommand implements Callable<Integer> {
  private static final long SEED = 9;
  private static final int DIGITS = 3;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Connection connection = new Connection();
  @Mixin private BenchOutput output = new BenchOutput();

  @Option(
      names = "--layer",
      defaultValue = "0",
      paramLabel = "N",
      converter = IndexConverter.class,
      description = "Which layer (default: ${DEFAULT-VALUE}).")
  private int layer;

  @Option(
      names = "--rows",
      split = ",",
      defaultValue = "1,16,64",
      paramLabel = "N",
      converter = CountConverter.class,
      description = "Rows of a call (default: ${DEFAULT-VALUE}).")
  private List<Integer> rows = List.of();

  @Option(
      names = "--phase",
      defaultValue = "decode",
      paramLabel = "PHASE",
      description = "Whose tiles the kernels use: decode or prefill (default: ${DEFAULT-VALUE}).")
  private Tiles phase = Tiles.DECODE;

  @Option(
      names = "--time",
      defaultValue = "3s",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description =
          "How long each number of rows is called, after as long unmeasured"
              + " (default: ${DEFAULT-VALUE}).")
  private Duration time = Duration.ZERO;

  /** Phases under the names that flags have. */
  enum Tiles {
    DECODE,
    PREFILL;

    Phase phase() {
      return Phase.valueOf("PHASE_" + name());
    }
  }

  /** Times of the calls with so many rows. */
  private record Calls(int rows, Histogram nanos) {
    double micros(double percentile) {
      return nanos.getValueAtPercentile(percentile) / 1e3;
    }
  }

  @Override
  public Integer call() throws InterruptedException {
    List<Calls> results = new ArrayList<>();
    try (EnneadClient client = connection.open()) {
      int hidden = client.listModels(connection.limit()).getModels(0).getHiddenSize();
      for (int count : rows) {
        float[] activations = activations(count * hidden);
        time(client, activations, hidden);
        results.add(new Calls(count, time(client, activations, hidden)));
      }
    }
    output.print(spec.commandLine().getOut(), () -> table(results), () -> json(results));
    return 0;
  }

  /** Like a norm's output: standard normal values. */
  private static float[] activations(int count) {
    Random random = new Random(SEED);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** At least one call, then as many as there is time for. */
  private Histogram time(EnneadClient client, float[] activations, int hidden) {
    Histogram nanos = new Histogram(DIGITS);
    long begin = System.nanoTime();
    long now = begin;
    do {
      forward(client, activations, hidden);
      long end = System.nanoTime();
      nanos.recordValue(end - now);
      now = end;
    } while (now - begin < time.toNanos());
    return nanos;
  }

  private float[] forward(EnneadClient client, float[] activations, int hidden) {
    MoeServiceForwardRequest request =
        MoeServiceForwardRequest.newBuilder()
            .setLayer(layer)
            .setPhase(phase.phase())
            .setHidden(
                TensorCodec.encode(
                    activations, DataType.DATA_TYPE_F32, activations.length / hidden, hidden))
            .build();
    return TensorCodec.floats(client.moeForward(request, connection.limit()).getOutput(), "output");
  }

  private static Table table(List<Calls> results) {
    Table table = new Table().row("rows", "median-us", "p99-us", "calls");
    for (Calls one : results) {
      table.row(
          one.rows(),
          Numbers.fixed(one.micros(50), 0),
          Numbers.fixed(one.micros(99), 0),
          one.nanos().getTotalCount());
    }
    return table;
  }

  private String json(List<Calls> results) {
    ObjectNode report = new ObjectMapper().createObjectNode();
    report.put("layer", layer).put("phase", phase.name().toLowerCase(Locale.ROOT));
    ArrayNode list = report.putArray("results");
    for (Calls one : results) {
      ObjectNode node = list.addObject();
      node.put("rows", one.rows()).put("calls", one.nanos().getTotalCount());
      node.put("medianMicros", one.micros(50)).put("p99Micros", one.micros(99));
    }
    return report.toPrettyString();
  }
}
