package io.ennead.router.moe;

import java.util.Collections;
import java.util.List;

/**
 * Turns the gate's logits into expert ids and weights: one implementation per family of gates. A
 * row's choice and the bits of its weights depend on that row's logits and options alone.
 *
 * <p>Implementations are immutable.
 */
public interface Gate {

  /** Number of routed experts of a layer. */
  int experts();

  /** Experts per token by the model's own configuration. */
  int expertsPerToken();

  /**
   * Routes rows that each have options of their own, as the sequences of one batch do.
   *
   * <p>k of the result is the largest k asked for. A row that asked for fewer has, in the places
   * beyond its own k, the experts that come next in its ranking, with weight 0: they are not run.
   *
   * @param logits [rows, experts], effective gate logits
   * @param perRow options of each row; its size is the number of rows
   */
  Routing route(int layer, float[] logits, List<RoutingOptions> perRow);

  /**
   * Routes rows that share their options.
   *
   * @param logits [rows, experts], effective gate logits
   */
  default Routing route(int layer, float[] logits, int rows, RoutingOptions options) {
    return route(layer, logits, Collections.nCopies(rows, options));
  }
}
