package io.ennead.router.api.kserve;

import io.ennead.router.api.kserve.Option.Kind;
import io.ennead.v1.ExcludedExpert;
import io.ennead.v1.ExpertFailureMode;
import io.ennead.v1.LayerTemperature;
import io.ennead.v1.RoutingMass;
import io.ennead.v1.RoutingMode;
import io.ennead.v1.RoutingOptions;
import io.ennead.v1.RoutingWeights;
import java.util.List;
import java.util.Map;

/** The routing options of a request, of text and of single layers alike. */
final class RoutingTable {
  private static final Map<String, RoutingMode> MODES =
      Map.of(
          "top_k", RoutingMode.ROUTING_MODE_TOP_K,
          "sampled", RoutingMode.ROUTING_MODE_SAMPLED);
  private static final Map<String, RoutingMass> MASSES =
      Map.of(
          "preserve", RoutingMass.ROUTING_MASS_PRESERVE,
          "literal", RoutingMass.ROUTING_MASS_LITERAL);
  private static final Map<String, RoutingWeights> WEIGHTS =
      Map.of(
          "score", RoutingWeights.ROUTING_WEIGHTS_SCORE,
          "uniform", RoutingWeights.ROUTING_WEIGHTS_UNIFORM);
  private static final Map<String, ExpertFailureMode> FAILURES =
      Map.of(
          "fail", ExpertFailureMode.EXPERT_FAILURE_MODE_FAIL,
          "wait", ExpertFailureMode.EXPERT_FAILURE_MODE_WAIT,
          "drop", ExpertFailureMode.EXPERT_FAILURE_MODE_DROP);

  private RoutingTable() {}

  static List<Option<RoutingOptions.Builder>> options() {
    return List.of(
        Option.of(
            Kind.NUMBER,
            "routing.temperature",
            (routing, value) -> routing.setTemperature(value.number()),
            "routing_temperature"),
        Option.of(
            Kind.WORD,
            "routing.mode",
            (routing, value) -> routing.setMode(value.choice(MODES)),
            "routing_mode"),
        Option.of(
            Kind.COUNT,
            "routing.experts_per_token",
            (routing, value) -> routing.setExpertsPerToken(value.count()),
            "experts_per_token"),
        Option.of(
            Kind.NUMBER,
            "routing.min_p",
            (routing, value) -> routing.setMinP(value.number()),
            "routing_min_p"),
        Option.of(
            Kind.SEED,
            "routing.seed",
            (routing, value) -> routing.setSeed(value.seed()),
            "routing_seed"),
        Option.of(
            Kind.WORD,
            "routing.mass",
            (routing, value) -> routing.setMass(value.choice(MASSES)),
            "routing_mass"),
        Option.of(
            Kind.WORD,
            "routing.weights",
            (routing, value) -> routing.setWeights(value.choice(WEIGHTS)),
            "routing_weights"),
        Option.of(
            Kind.WORD,
            "routing.layer_temperatures",
            RoutingTable::layerTemperatures,
            "routing_layer_temperatures"),
        Option.of(Kind.COUNTS, "routing.excluded", RoutingTable::excluded, "excluded_experts"),
        Option.of(
            Kind.COUNTS,
            "routing.layers",
            (routing, value) -> routing.addAllLayers(value.ids()),
            "routing_layers"),
        Option.of(
            Kind.WORD,
            "routing.expert_failure.mode",
            (routing, value) -> routing.getExpertFailureBuilder().setMode(value.choice(FAILURES)),
            "expert_failure"),
        Option.of(
            Kind.COUNT,
            "routing.expert_failure.min_experts",
            (routing, value) -> routing.getExpertFailureBuilder().setMinExperts(value.count()),
            "min_experts"),
        Option.of(
            Kind.NUMBER,
            "routing.expert_failure.max_degraded_share",
            (routing, value) ->
                routing.getExpertFailureBuilder().setMaxDegradedShare(value.number()),
            "max_degraded_share"));
  }

  private static void layerTemperatures(RoutingOptions.Builder routing, OptionValue value) {
    value
        .numbersById()
        .forEach(
            (layer, temperature) ->
                routing.addLayerTemperatures(
                    LayerTemperature.newBuilder().setLayer(layer).setTemperature(temperature)));
  }

  private static void excluded(RoutingOptions.Builder routing, OptionValue value) {
    value
        .ids()
        .forEach(expert -> routing.addExcluded(ExcludedExpert.newBuilder().setExpert(expert)));
  }
}
