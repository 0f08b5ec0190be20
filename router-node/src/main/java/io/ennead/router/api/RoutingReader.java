package io.ennead.router.api;

import io.ennead.errors.ServingException;
import io.ennead.router.generate.ModelInfo;
import io.ennead.router.generate.RequestPolicy;
import io.ennead.router.generate.ServedModel;
import io.ennead.router.moe.FailurePolicy;
import io.ennead.router.moe.GatePacks;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.moe.RoutingRule;
import io.ennead.router.moe.RoutingRule.Mass;
import io.ennead.router.moe.RoutingRule.Mode;
import io.ennead.router.moe.RoutingRule.Weights;
import io.ennead.router.profile.Profiles;
import io.ennead.v1.ExcludedExpert;
import io.ennead.v1.ExpertFailureMode;
import io.ennead.v1.ExpertFailurePolicy;
import io.ennead.v1.LayerTemperature;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Reads routing options: one rule for every layer, and rules for the layers that the request gives
 * temperatures or exclusions of their own. What is not allowed is an INVALID_FIELD.
 */
final class RoutingReader {
  private final io.ennead.v1.RoutingOptions options;
  private final ModelInfo model;
  private final RequestPolicy policy;
  private final GatePacks packs;
  private final Profiles profiles;

  private RoutingReader(io.ennead.v1.RoutingOptions options, ServedModel served) {
    this.options = options;
    this.model = served.info();
    this.policy = served.policy();
    this.packs = served.moe().packs().current();
    this.profiles = served.profiles().get();
  }

  /**
   * The options of a request.
   *
   * @param seed when the options have none
   */
  static RoutingOptions read(io.ennead.v1.RoutingOptions options, ServedModel served, long seed) {
    return new RoutingReader(options, served).read(seed);
  }

  /** The same for results that must not lack experts: to go on without is refused. */
  static RoutingOptions readWhole(
      io.ennead.v1.RoutingOptions options, ServedModel served, long seed) {
    if (options.getExpertFailure().getMode() == ExpertFailureMode.EXPERT_FAILURE_MODE_DROP) {
      throw refused("expert_failure.mode", "DROP", "FAIL or WAIT: scores are of the whole model");
    }
    RoutingOptions read = read(options, served, seed);
    FailurePolicy whole = new FailurePolicy(read.failure().patience(), Optional.empty());
    return read.with(whole);
  }

  private RoutingOptions read(long seed) {
    List<Integer> layers = layers();
    Map<Integer, Double> temperatures = temperatures(layers);
    Exclusions exclusions = exclusions(layers);
    RoutingRule base = base();
    boolean everywhere = options.getLayersCount() == 0;
    RoutingRule others = everywhere ? base.without(exclusions.everywhere()) : RoutingRule.MODEL;
    Map<Integer, RoutingRule> byLayer = new HashMap<>();
    for (int layer : layers) {
      RoutingRule rule =
          base.withTemperature(temperatures.getOrDefault(layer, base.temperature()))
              .without(exclusions.at(layer));
      rule.requireFitting(layer, model.gate(), packs);
      if (!rule.equals(others)) {
        byLayer.put(layer, rule);
      }
    }
    return new RoutingOptions(
            others, byLayer, options.hasSeed() ? options.getSeed() : seed, failure())
        .under(profiles.find(options.getProfile()));
  }

  private FailurePolicy failure() {
    ExpertFailurePolicy wanted = options.getExpertFailure();
    long least = wanted.hasMinExperts() ? Integer.toUnsignedLong(wanted.getMinExperts()) : 1;
    if (least < 1 || least > experts()) {
      throw refused("expert_failure.min_experts", least, "1 to " + experts());
    }
    return policy
        .failures()
        .policy(
            failureMode(wanted),
            (int) least,
            wanted.hasMaxDegradedShare()
                ? OptionalDouble.of(wanted.getMaxDegradedShare())
                : OptionalDouble.empty());
  }

  private FailurePolicy.Mode failureMode(ExpertFailurePolicy wanted) {
    return switch (wanted.getMode()) {
      case EXPERT_FAILURE_MODE_UNSPECIFIED -> policy.failures().byDefault();
      case EXPERT_FAILURE_MODE_FAIL -> FailurePolicy.Mode.FAIL;
      case EXPERT_FAILURE_MODE_WAIT -> FailurePolicy.Mode.WAIT;
      case EXPERT_FAILURE_MODE_DROP -> FailurePolicy.Mode.DROP;
      case UNRECOGNIZED ->
          throw refused(
              "expert_failure.mode",
              wanted.getModeValue(),
              "EXPERT_FAILURE_MODE_FAIL, _WAIT or _DROP");
    };
  }

  /** Ids there are, of the model's own experts and of those of packs. */
  private int experts() {
    return packs.width(model.experts());
  }

  private RoutingRule base() {
    RoutingRule byDefault = policy.routing();
    return new RoutingRule(
        options.hasTemperature() ? options.getTemperature() : byDefault.temperature(),
        mode(byDefault.mode()),
        expertsPerToken(byDefault.expertsPerToken()),
        options.hasMinP() ? options.getMinP() : byDefault.minP(),
        mass(byDefault.mass()),
        weights(byDefault.weights()),
        Set.of());
  }

  private Mode mode(Mode byDefault) {
    return switch (options.getMode()) {
      case ROUTING_MODE_UNSPECIFIED -> byDefault;
      case ROUTING_MODE_TOP_K -> Mode.TOP_K;
      case ROUTING_MODE_SAMPLED -> Mode.SAMPLED;
      case UNRECOGNIZED ->
          throw refused("mode", options.getModeValue(), "ROUTING_MODE_TOP_K or _SAMPLED");
    };
  }

  private Mass mass(Mass byDefault) {
    return switch (options.getMass()) {
      case ROUTING_MASS_UNSPECIFIED -> byDefault;
      case ROUTING_MASS_PRESERVE -> Mass.PRESERVE;
      case ROUTING_MASS_LITERAL -> Mass.LITERAL;
      case UNRECOGNIZED ->
          throw refused("mass", options.getMassValue(), "ROUTING_MASS_PRESERVE or _LITERAL");
    };
  }

  private Weights weights(Weights byDefault) {
    return switch (options.getWeights()) {
      case ROUTING_WEIGHTS_UNSPECIFIED -> byDefault;
      case ROUTING_WEIGHTS_SCORE -> Weights.SCORE;
      case ROUTING_WEIGHTS_UNIFORM -> Weights.UNIFORM;
      case UNRECOGNIZED ->
          throw refused("weights", options.getWeightsValue(), "ROUTING_WEIGHTS_SCORE or _UNIFORM");
    };
  }

  private OptionalInt expertsPerToken(OptionalInt byDefault) {
    if (!options.hasExpertsPerToken()) {
      return byDefault;
    }
    long experts = Integer.toUnsignedLong(options.getExpertsPerToken());
    int most = policy.bounds().expertsPerToken();
    if (experts < 1 || experts > most) {
      throw refused("experts_per_token", experts, "1 to " + most);
    }
    return OptionalInt.of((int) experts);
  }

  private List<Integer> layers() {
    return options.getLayersCount() == 0
        ? model.moeLayers()
        : Options.moeLayers(options.getLayersList(), model, "routing.layers");
  }

  private Map<Integer, Double> temperatures(List<Integer> layers) {
    Map<Integer, Double> temperatures = new HashMap<>();
    for (int i = 0; i < options.getLayerTemperaturesCount(); i++) {
      LayerTemperature own = options.getLayerTemperatures(i);
      String field = "layer_temperatures[%d]".formatted(i);
      requireLayer(own.getLayer(), layers, field);
      if (Double.isNaN(own.getTemperature())) {
        throw refused(field + ".temperature", own.getTemperature(), "a number");
      }
      if (temperatures.put(own.getLayer(), own.getTemperature()) != null) {
        throw refused(field + ".layer", own.getLayer(), "each layer once");
      }
    }
    return temperatures;
  }

  private Exclusions exclusions(List<Integer> layers) {
    int most = experts() * (1 + model.moeLayers().size());
    if (options.getExcludedCount() > most) {
      throw refused("excluded", options.getExcludedCount() + " experts", "at most " + most);
    }
    Exclusions exclusions = new Exclusions(new HashSet<>(), new HashMap<>());
    for (int i = 0; i < options.getExcludedCount(); i++) {
      ExcludedExpert excluded = options.getExcluded(i);
      String field = "excluded[%d]".formatted(i);
      long expert = Integer.toUnsignedLong(excluded.getExpert());
      if (expert >= experts()) {
        throw refused(field + ".expert", expert, "0 to " + (experts() - 1));
      }
      if (excluded.hasLayer()) {
        requireLayer(excluded.getLayer(), layers, field);
      }
      exclusions.add(excluded);
    }
    return exclusions;
  }

  private static void requireLayer(int layer, List<Integer> layers, String field) {
    if (!layers.contains(layer)) {
      throw refused(field + ".layer", Integer.toUnsignedString(layer), "one of " + layers);
    }
  }

  private static ServingException refused(String field, Object value, String expected) {
    return ServingException.invalidField("routing." + field, value, expected);
  }

  /** Experts that are excluded, at every layer and at single ones. */
  private record Exclusions(Set<Integer> everywhere, Map<Integer, Set<Integer>> byLayer) {
    void add(ExcludedExpert excluded) {
      Set<Integer> set =
          excluded.hasLayer()
              ? byLayer.computeIfAbsent(excluded.getLayer(), none -> new HashSet<>())
              : everywhere;
      set.add(excluded.getExpert());
    }

    Set<Integer> at(int layer) {
      Set<Integer> all = new HashSet<>(everywhere);
      all.addAll(byLayer.getOrDefault(layer, Set.of()));
      return all;
    }
  }
}
