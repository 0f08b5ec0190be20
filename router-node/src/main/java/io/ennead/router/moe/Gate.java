package io.ennead.router.moe;

/**
 * Turns the gate's logits into expert ids and weights: one implementation per family of gates. A
 * row's choice and the bits of its weights depend on that row's logits, options and position alone.
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
   * <p>k of the result is the largest k asked for. A row that asked for fewer, or that {@code
   * min_p} left fewer, has other experts in the places beyond, with weight 0: they are not run.
   *
   * @param logits [rows, experts], gate logits
   */
  Routing route(int layer, float[] logits, RoutedRows rows);

  /**
   * The probability of every expert for one row: softmax(l / T) over those that are not excluded.
   * Gates with sigmoid scores: sigmoid(l / T), whose sum is not 1. Excluded experts have 0.
   *
   * @param logits holds the row's [experts] at {@code offset}
   */
  double[] probabilities(float[] logits, int offset, RoutingRule rule);
}
