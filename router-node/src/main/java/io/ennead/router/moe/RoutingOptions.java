package io.ennead.router.moe;

import java.util.Map;

/**
 * How a request's tokens are routed.
 *
 * @param rule at layers that have no rule of their own
 * @param byLayer rules of single layers
 * @param seed of the random stream that {@link RoutingRule.Mode#SAMPLED} draws from
 */
public record RoutingOptions(RoutingRule rule, Map<Integer, RoutingRule> byLayer, long seed) {
  /** What the model's own configuration says. */
  public static final RoutingOptions DEFAULT = everywhere(RoutingRule.MODEL, 0);

  /** Copies the map. */
  public RoutingOptions {
    byLayer = Map.copyOf(byLayer);
  }

  /** One rule for every layer. */
  public static RoutingOptions everywhere(RoutingRule rule, long seed) {
    return new RoutingOptions(rule, Map.of(), seed);
  }

  /** The rule at a layer. */
  public RoutingRule at(int layer) {
    return byLayer.getOrDefault(layer, rule);
  }
}
