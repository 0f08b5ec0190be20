package io.ennead.examples;

import io.ennead.client.EnneadClient;
import io.ennead.client.Generation;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.LayerSummary;
import io.ennead.v1.RoutingOptions;
import io.ennead.v1.SamplingOptions;
import io.ennead.v1.StoppingOptions;
import io.ennead.v1.TraceLevel;
import io.ennead.v1.TraceOptions;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Sets the routing temperature of a request and reads which experts did the work. */
final class Routing {
  private Routing() {}

  public static void main(String[] args) {
    try (EnneadClient client = Common.connect()) {
      for (String temperature : List.of("0.25", "1", "4")) {
        System.out.println("routing temperature " + temperature);
        show(client, Double.parseDouble(temperature));
      }
    }
  }

  private static void show(EnneadClient client, double temperature) {
    GenerateRequest request =
        GenerateRequest.newBuilder()
            .setText(Common.PROMPT)
            .setSampling(SamplingOptions.newBuilder().setTemperature(0))
            .setStopping(StoppingOptions.newBuilder().setMaxTokens(24))
            .setRouting(RoutingOptions.newBuilder().setTemperature(temperature))
            .setTrace(TraceOptions.newBuilder().setLevel(TraceLevel.TRACE_LEVEL_SUMMARY))
            .build();
    try (Generation pieces = client.generate(request, Duration.ofMinutes(1))) {
      pieces.forEachRemaining(piece -> piece.getTrace().getSummaryList().forEach(Routing::print));
    }
  }

  private static void print(LayerSummary layer) {
    System.out.printf(
        Locale.ROOT,
        "  layer %d: entropy %.3f, tokens per expert",
        layer.getLayer(),
        layer.getMeanEntropy());
    layer.getExpertTokensList().forEach(tokens -> System.out.printf(" %3d", tokens));
    System.out.println();
  }
}
