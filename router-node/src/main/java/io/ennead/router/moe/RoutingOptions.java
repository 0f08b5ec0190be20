package io.ennead.router.moe;

import io.ennead.router.moe.RoutingRule.Mode;
import java.util.HashMap;
import java.util.Map;

/**
 * How a request's tokens are routed.
 *
 * @param rule at layers that have no rule of their own
 * @param byLayer rules of single layers
 * @param seed of the random stream that {@link RoutingRule.Mode#SAMPLED} draws from
 * @param failure what to do when experts cannot be reached
 * @param profile whose biases are added to the gate's logits; its temperatures are in the rules
 *     already ({@link #under})
 * @param packs whose experts the gates choose from beside the model's own
 */
public record RoutingOptions(
    RoutingRule rule,
    Map<Integer, RoutingRule> byLayer,
    long seed,
    FailurePolicy failure,
    RoutingProfile profile,
    GatePacks packs) {
  /** What the model's own configuration says. */
  public static final RoutingOptions DEFAULT = everywhere(RoutingRule.MODEL, 0);

  /** Copies the map. */
  public RoutingOptions {
    byLayer = Map.copyOf(byLayer);
  }

  /** Options of the model's own experts, without a profile. */
  public RoutingOptions(
      RoutingRule rule, Map<Integer, RoutingRule> byLayer, long seed, FailurePolicy failure) {
    this(rule, byLayer, seed, failure, RoutingProfile.NONE, GatePacks.NONE);
  }

  /** Options that fail when experts cannot be reached. */
  public RoutingOptions(RoutingRule rule, Map<Integer, RoutingRule> byLayer, long seed) {
    this(rule, byLayer, seed, FailurePolicy.FAIL);
  }

  /** One rule for every layer. */
  public static RoutingOptions everywhere(RoutingRule rule, long seed) {
    return new RoutingOptions(rule, Map.of(), seed);
  }

  /** The same routing without what has no effect: options that route alike become equal. */
  public RoutingOptions effective() {
    Map<Integer, RoutingRule> others = new HashMap<>(byLayer);
    others.values().removeIf(rule::equals);
    return new RoutingOptions(
        rule, others, sampled() ? seed : 0, FailurePolicy.FAIL, profile, packs);
  }

  /** The same under a profile, whose temperatures multiply those of the rules. */
  public RoutingOptions under(RoutingProfile other) {
    Map<Integer, RoutingRule> tempered = new HashMap<>(byLayer);
    other.layers().forEach((layer, own) -> tempered.put(layer, own.temper(at(layer))));
    return new RoutingOptions(rule, tempered, seed, failure, other, packs);
  }

  /** The same with another policy. */
  public RoutingOptions with(FailurePolicy other) {
    return new RoutingOptions(rule, byLayer, seed, other, profile, packs);
  }

  /** Whether experts are drawn at any layer. */
  public boolean sampled() {
    return rule.mode() == Mode.SAMPLED
        || byLayer.values().stream().anyMatch(other -> other.mode() == Mode.SAMPLED);
  }

  /** The same among other experts. */
  public RoutingOptions among(GatePacks others) {
    return new RoutingOptions(rule, byLayer, seed, failure, profile, others);
  }

  /** The rule at a layer. */
  public RoutingRule at(int layer) {
    return byLayer.getOrDefault(layer, rule);
  }
}
