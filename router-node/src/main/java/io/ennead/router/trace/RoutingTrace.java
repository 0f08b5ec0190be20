package io.ennead.router.trace;

import java.util.List;

/**
 * How consecutive tokens were routed.
 *
 * @param firstPosition of the first token in its sequence
 * @param tokens how many
 * @param layers ascending
 * @param nodes that answered; {@link LayerTrace#node} counts into this list
 * @param truncated whether the tokens after these are left out
 */
public record RoutingTrace(
    int firstPosition, int tokens, List<LayerTrace> layers, List<String> nodes, boolean truncated) {
  /** Copies the lists. */
  public RoutingTrace {
    layers = List.copyOf(layers);
    nodes = List.copyOf(nodes);
  }
}
