package io.ennead.cli;

import io.ennead.v1.GenerateRequest;
import io.ennead.v1.RoutingOptions;
import io.ennead.v1.SamplingOptions;
import io.ennead.v1.StoppingOptions;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of a generation as flags. A flag that is not given leaves the model's default. */
final class RequestFlags {
  @Option(
      names = "--max-tokens",
      defaultValue = "128",
      paramLabel = "N",
      description = "Tokens to generate at most (default: ${DEFAULT-VALUE}).")
  private int maxTokens;

  @Option(
      names = "--temperature",
      converter = TemperatureConverter.class,
      paramLabel = "T",
      description = "0: the most likely token always; inf: uniform (default: the model's).")
  private @Nullable Double temperature;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = "Draw from the K most likely tokens; 0: all.")
  private @Nullable Integer topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "Draw from the most likely tokens that hold probability P.")
  private @Nullable Double topP;

  @Option(
      names = "--min-p",
      paramLabel = "P",
      description = "Draw from tokens at least P times as likely as the most likely one.")
  private @Nullable Double minP;

  @Option(
      names = "--seed",
      converter = SeedConverter.class,
      paramLabel = "N",
      description = "The same seed gives the same text (default: drawn by the server).")
  private @Nullable Long seed;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "End before this text; may be given several times.")
  private List<String> stop = List.of();

  @Option(
      names = "--routing-temperature",
      converter = TemperatureConverter.class,
      paramLabel = "T",
      description = "On the gate: 0: one expert has all the weight; inf: equal weights.")
  private @Nullable Double routingTemperature;

  GenerateRequest.Builder request(String prompt) {
    return GenerateRequest.newBuilder()
        .setText(prompt)
        .setSampling(sampling())
        .setStopping(StoppingOptions.newBuilder().setMaxTokens(maxTokens).addAllStop(stop))
        .setRouting(routing());
  }

  private SamplingOptions sampling() {
    SamplingOptions.Builder sampling = SamplingOptions.newBuilder();
    if (temperature != null) {
      sampling.setTemperature(temperature);
    }
    if (topK != null) {
      sampling.setTopK(topK);
    }
    if (topP != null) {
      sampling.setTopP(topP);
    }
    if (minP != null) {
      sampling.setMinP(minP);
    }
    if (seed != null) {
      sampling.setSeed(seed);
    }
    return sampling.build();
  }

  private RoutingOptions routing() {
    RoutingOptions.Builder routing = RoutingOptions.newBuilder();
    if (routingTemperature != null) {
      routing.setTemperature(routingTemperature);
    }
    return routing.build();
  }
}
