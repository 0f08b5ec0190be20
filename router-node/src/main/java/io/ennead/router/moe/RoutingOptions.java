package io.ennead.router.moe;

import io.ennead.errors.ServingException;
import java.util.OptionalInt;

/**
 * How a request's tokens are routed.
 *
 * @param temperature T on the gate logits; 1 is bit-identical to none; anything but NaN
 * @param expertsPerToken k, at least 1; empty: the model's own
 */
public record RoutingOptions(double temperature, OptionalInt expertsPerToken) {
  /** What the model's own configuration says. */
  public static final RoutingOptions DEFAULT = new RoutingOptions(1.0, OptionalInt.empty());

  /** Refuses what no model can do; the upper bound of k is the gate's to check. */
  public RoutingOptions {
    if (Double.isNaN(temperature)) {
      throw ServingException.invalidField("routing.temperature", temperature, "a number");
    }
    if (expertsPerToken.isPresent() && expertsPerToken.getAsInt() < 1) {
      throw ServingException.invalidField(
          "routing.experts_per_token", expertsPerToken.getAsInt(), "at least 1");
    }
  }

  /**
   * The k of a model with so many experts.
   *
   * @throws ServingException when the request asks for more experts than there are
   */
  public int expertsPerToken(int modelExpertsPerToken, int experts) {
    int k = expertsPerToken.orElse(modelExpertsPerToken);
    if (k > experts) {
      throw ServingException.invalidField("routing.experts_per_token", k, "1 to " + experts);
    }
    return k;
  }
}
