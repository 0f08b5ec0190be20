package io.ennead.cli.route;

import io.ennead.v1.ExcludedExpert;
import io.ennead.v1.GateInfo;
import io.ennead.v1.RoutingMass;
import io.ennead.v1.RoutingMode;
import io.ennead.v1.RoutingOptions;
import io.ennead.v1.RoutingWeights;
import java.util.StringJoiner;

/** Routing in words. */
final class RoutingWords {
  private RoutingWords() {}

  static String of(RoutingOptions options) {
    StringJoiner words = new StringJoiner(", ").setEmptyValue("the router's defaults");
    if (options.hasTemperature()) {
      words.add("temperature " + options.getTemperature());
    }
    if (options.getMode() != RoutingMode.ROUTING_MODE_UNSPECIFIED) {
      words.add(options.getMode() == RoutingMode.ROUTING_MODE_SAMPLED ? "sampled" : "top-k");
    }
    if (options.hasExpertsPerToken()) {
      words.add(options.getExpertsPerToken() + " experts per token");
    }
    if (options.hasMinP()) {
      words.add("min-p " + options.getMinP());
    }
    if (options.getMass() == RoutingMass.ROUTING_MASS_LITERAL) {
      words.add("literal mass");
    }
    if (options.getWeights() == RoutingWeights.ROUTING_WEIGHTS_UNIFORM) {
      words.add("uniform weights");
    }
    options
        .getLayerTemperaturesList()
        .forEach(
            own ->
                words.add(
                    "temperature %s at layer %d".formatted(own.getTemperature(), own.getLayer())));
    options.getExcludedList().forEach(excluded -> words.add(of(excluded)));
    if (options.getLayersCount() > 0) {
      words.add("only at layers " + options.getLayersList());
    }
    return words.toString();
  }

  private static String of(ExcludedExpert excluded) {
    return "without expert %d%s"
        .formatted(
            excluded.getExpert(), excluded.hasLayer() ? " of layer " + excluded.getLayer() : "");
  }

  /** What the gate makes of its logits. */
  static String of(GateInfo gate) {
    StringJoiner words = new StringJoiner(", ").setEmptyValue("not told");
    switch (gate.getScore()) {
      case GATE_SCORE_SOFTMAX -> words.add("softmax over all experts");
      case GATE_SCORE_SIGMOID -> words.add("sigmoid of each logit");
      case GATE_SCORE_SOFTMAX_OF_CHOSEN -> words.add("softmax over the chosen experts");
      case GATE_SCORE_UNSPECIFIED, UNRECOGNIZED -> {
        return words.toString();
      }
    }
    if (gate.getSelectionBias()) {
      words.add("a bias added for choosing only");
    }
    if (gate.getGroups() > 0) {
      words.add("chosen from %d groups".formatted(gate.getGroups()));
    }
    return words
        .add(gate.getRenormalises() ? "weights add up to 1" : "not renormalised")
        .toString();
  }
}
