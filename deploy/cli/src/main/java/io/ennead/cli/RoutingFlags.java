package io.ennead.cli;

import io.ennead.v1.ExcludedExpert;
import io.ennead.v1.RoutingMode;
import io.ennead.v1.RoutingOptions;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The routing of a request as flags. A flag that is not given leaves the router's default. */
final class RoutingFlags {
  /** The choice rules under the names that flags have. */
  enum Mode {
    TOP_K(RoutingMode.ROUTING_MODE_TOP_K),
    SAMPLED(RoutingMode.ROUTING_MODE_SAMPLED);

    private final RoutingMode mode;

    Mode(RoutingMode mode) {
      this.mode = mode;
    }
  }

  @Option(
      names = "--routing-temperature",
      converter = TemperatureConverter.class,
      paramLabel = "T",
      description = "On the gate: 0: one expert has all the weight; inf: equal weights.")
  private @Nullable Double temperature;

  @Option(
      names = "--routing-mode",
      paramLabel = "MODE",
      description = "top_k: the experts of the highest scores; sampled: drawn by probability.")
  private @Nullable Mode mode;

  @Option(
      names = "--experts-per-token",
      converter = CountConverter.class,
      paramLabel = "K",
      description = "Experts chosen for each token (default: the model's).")
  private @Nullable Integer expertsPerToken;

  @Option(
      names = "--routing-seed",
      converter = SeedConverter.class,
      paramLabel = "N",
      description = "The same seed draws the same experts (default: drawn by the server).")
  private @Nullable Long seed;

  @Option(
      names = "--exclude-expert",
      converter = ExcludedExpertConverter.class,
      paramLabel = "[L:]E",
      description = "Never choose expert E, at layer L or at all; may be given several times.")
  private List<ExcludedExpert> excluded = List.of();

  RoutingOptions options() {
    RoutingOptions.Builder routing = RoutingOptions.newBuilder().addAllExcluded(excluded);
    if (temperature != null) {
      routing.setTemperature(temperature);
    }
    if (mode != null) {
      routing.setMode(mode.mode);
    }
    if (expertsPerToken != null) {
      routing.setExpertsPerToken(expertsPerToken);
    }
    if (seed != null) {
      routing.setSeed(seed);
    }
    return routing.build();
  }
}
