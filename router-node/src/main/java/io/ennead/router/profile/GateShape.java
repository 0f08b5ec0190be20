package io.ennead.router.profile;

import java.util.Set;

/**
 * The model that profiles must fit.
 *
 * @param fingerprint of the model
 * @param layers those with experts
 * @param experts per layer
 */
public record GateShape(String fingerprint, Set<Integer> layers, int experts) {
  /** Copies the set. */
  public GateShape {
    layers = Set.copyOf(layers);
  }
}
