package io.ennead.cli;

import io.ennead.v1.ExcludedExpert;
import io.ennead.v1.ExpertFailureMode;
import io.ennead.v1.LayerTemperature;
import io.ennead.v1.RoutingMass;
import io.ennead.v1.RoutingMode;
import io.ennead.v1.RoutingOptions;
import io.ennead.v1.RoutingWeights;
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

  /** How the chosen share the weight. */
  enum Weights {
    SCORE(RoutingWeights.ROUTING_WEIGHTS_SCORE),
    UNIFORM(RoutingWeights.ROUTING_WEIGHTS_UNIFORM);

    private final RoutingWeights weights;

    Weights(RoutingWeights weights) {
      this.weights = weights;
    }
  }

  /** Their total weight where the model does not renormalise it. */
  enum Mass {
    PRESERVE(RoutingMass.ROUTING_MASS_PRESERVE),
    LITERAL(RoutingMass.ROUTING_MASS_LITERAL);

    private final RoutingMass mass;

    Mass(RoutingMass mass) {
      this.mass = mass;
    }
  }

  /** What to do when experts cannot be reached. */
  enum ExpertFailure {
    FAIL(ExpertFailureMode.EXPERT_FAILURE_MODE_FAIL),
    WAIT(ExpertFailureMode.EXPERT_FAILURE_MODE_WAIT),
    DROP(ExpertFailureMode.EXPERT_FAILURE_MODE_DROP);

    private final ExpertFailureMode mode;

    ExpertFailure(ExpertFailureMode mode) {
      this.mode = mode;
    }
  }

  @Option(
      names = "--expert-failure",
      paramLabel = "POLICY",
      description =
          "When experts cannot be reached. fail: the request ends; wait: it goes on when they are"
              + " back; drop: it goes on without them, and says so.")
  private @Nullable ExpertFailure expertFailure;

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

  @Option(
      names = "--routing-min-p",
      paramLabel = "P",
      description = "Only experts whose score is at least P times the largest.")
  private @Nullable Double minP;

  @Option(
      names = "--routing-weights",
      paramLabel = "HOW",
      description = "score: the chosen share the weight by their scores; uniform: equally.")
  private @Nullable Weights weights;

  @Option(
      names = "--routing-mass",
      paramLabel = "HOW",
      description =
          "Total weight in models that do not renormalise it. preserve: as at T = 1; literal: as"
              + " softmax(l / T) gives it.")
  private @Nullable Mass mass;

  @Option(
      names = "--layer-temperature",
      converter = LayerTemperatureConverter.class,
      paramLabel = "L=T",
      description = "Routing temperature of layer L alone; may be given several times.")
  private List<LayerTemperature> layerTemperatures = List.of();

  @Option(
      names = "--routing-layers",
      split = ",",
      converter = IndexConverter.class,
      paramLabel = "L",
      description = "Layers at which the routing flags act (default: all).")
  private List<Integer> layers = List.of();

  @Option(
      names = "--profile",
      paramLabel = "NAME@VERSION",
      description = "Routing profile; none: the model's own gate (default: the router's).")
  private String profile = "";

  RoutingOptions options() {
    RoutingOptions.Builder routing =
        RoutingOptions.newBuilder()
            .setProfile(profile)
            .addAllExcluded(excluded)
            .addAllLayerTemperatures(layerTemperatures)
            .addAllLayers(layers);
    if (minP != null) {
      routing.setMinP(minP);
    }
    if (weights != null) {
      routing.setWeights(weights.weights);
    }
    if (mass != null) {
      routing.setMass(mass.mass);
    }
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
    if (expertFailure != null) {
      routing.getExpertFailureBuilder().setMode(expertFailure.mode);
    }
    return routing.build();
  }
}
