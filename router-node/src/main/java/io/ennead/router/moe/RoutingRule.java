package io.ennead.router.moe;

import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.GateConfig;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How a token is routed at one layer. {@link ScoredGate} has the formulas.
 *
 * @param temperature T on the gate logits; 1 is bit-identical to none; anything but NaN
 * @param mode how experts are chosen
 * @param expertsPerToken k, at least 1; empty: the model's own
 * @param minP experts of a lower score than this times the largest are not chosen; 0 to 1
 * @param mass total weight of the chosen where the model does not renormalise
 * @param weights how the chosen share it
 * @param excluded experts that are never chosen
 */
public record RoutingRule(
    double temperature,
    Mode mode,
    OptionalInt expertsPerToken,
    double minP,
    Mass mass,
    Weights weights,
    Set<Integer> excluded) {
  /** What the model's own configuration says. */
  public static final RoutingRule MODEL =
      new RoutingRule(
          1, Mode.TOP_K, OptionalInt.empty(), 0, Mass.PRESERVE, Weights.SCORE, Set.of());

  /** Refuses what no model can do, naming the field of the request. */
  public RoutingRule {
    excluded = Set.copyOf(excluded);
    require(!Double.isNaN(temperature), "temperature", temperature, "a number");
    require(minP >= 0 && minP <= 1, "min_p", minP, "0 to 1");
    require(
        expertsPerToken.orElse(1) >= 1,
        "experts_per_token",
        expertsPerToken.orElse(1),
        "at least 1");
  }

  private static void require(boolean allowed, String field, Object value, String expected) {
    if (!allowed) {
      throw refused(field, value, expected);
    }
  }

  private static ServingException refused(String field, Object value, String expected) {
    return ServingException.invalidField("routing." + field, value, expected);
  }

  /** Only a temperature. */
  public static RoutingRule atTemperature(double temperature) {
    return MODEL.withTemperature(temperature);
  }

  /** The same with another temperature. */
  public RoutingRule withTemperature(double other) {
    return new RoutingRule(other, mode, expertsPerToken, minP, mass, weights, excluded);
  }

  /** The same with another number of experts. */
  public RoutingRule withExpertsPerToken(int k) {
    return new RoutingRule(temperature, mode, OptionalInt.of(k), minP, mass, weights, excluded);
  }

  /** The same with other experts excluded. */
  public RoutingRule without(Set<Integer> experts) {
    return new RoutingRule(temperature, mode, expertsPerToken, minP, mass, weights, experts);
  }

  /** The same with another way of choosing. */
  public RoutingRule withMode(Mode other) {
    return new RoutingRule(temperature, other, expertsPerToken, minP, mass, weights, excluded);
  }

  /** The k of a model whose own is given. */
  public int expertsPerToken(int modelExpertsPerToken) {
    return expertsPerToken.orElse(modelExpertsPerToken);
  }

  /**
   * Checks the rule against a layer of a model.
   *
   * @throws ServingException when it asks for more experts than there are, or than it leaves in
   *     whatever groups are the best
   */
  public void requireFitting(int layer, GateConfig gate, GatePacks packs) {
    int k = expertsPerToken(gate.expertsPerToken());
    int packed = packs.open(layer);
    int most = gate.open(Set.of()) + packed;
    if (k > most) {
      throw refused("experts_per_token", k, "1 to " + most);
    }
    // Every layer of every step comes here: texts are made when they are needed.
    int left = excluded.isEmpty() ? most : left(layer, gate, packs, packed);
    if (left < k) {
      throw refused(
          "excluded",
          "leaves %d of %d experts of layer %d to choose from"
              .formatted(left, gate.experts() + packed, layer),
          "at least the %d chosen per token".formatted(k));
    }
  }

  private int left(int layer, GateConfig gate, GatePacks packs, int packed) {
    Set<Integer> own =
        excluded.stream().filter(id -> id < gate.experts()).collect(Collectors.toSet());
    long without = excluded.stream().filter(id -> packs.opens(layer, id)).count();
    return gate.open(own) + packed - (int) without;
  }

  /** How experts are chosen. */
  public enum Mode {
    /** Those of the highest score. */
    TOP_K,
    /** Drawn without replacement from softmax(l / T). */
    SAMPLED
  }

  /** The total weight of the chosen where the model does not renormalise it. */
  public enum Mass {
    /** What the chosen have together at T = 1. */
    PRESERVE,
    /** What they have at T. */
    LITERAL
  }

  /** How the chosen share the total weight. */
  public enum Weights {
    /** By their scores at T. */
    SCORE,
    /** Equally. */
    UNIFORM
  }
}
