package io.ennead.router.moe;

import java.util.OptionalInt;

/**
 * How a request's tokens are routed.
 *
 * @param temperature T on the gate logits; 1 is bit-identical to none
 * @param expertsPerToken k; empty: the model's own
 */
public record RoutingOptions(double temperature, OptionalInt expertsPerToken) {
  /** What the model's own configuration says. */
  public static final RoutingOptions DEFAULT = new RoutingOptions(1.0, OptionalInt.empty());
}
