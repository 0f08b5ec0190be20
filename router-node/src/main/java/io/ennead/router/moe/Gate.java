package io.ennead.router.moe;

/**
 * Turns the gate's logits into expert ids and weights: one implementation per family of gates. A
 * row's choice and the bits of its weights depend on that row's logits, options and position alone.
 *
 * <p>Implementations are immutable.
 */
public interface Gate {

  /** Number of routed experts of a layer, the model's own. */
  int experts();

  /** Experts per token by the model's own configuration. */
  int expertsPerToken();

  /** Whether experts are chosen within groups. */
  boolean grouped();

  /** The effective logit of a gate's logit: after the soft cap, if there is one. */
  double effective(float logit);

  /**
   * Routes rows that each have options of their own, as the sequences of one batch do.
   *
   * <p>k of the result is the largest k asked for. A row that asked for fewer, or that {@code
   * min_p} left fewer, has other experts in the places beyond, with weight 0: they are not run.
   *
   * @param logits [rows, ids], gate logits: of the model's own experts, and of those of the packs
   *     that any of the rows knows ({@link GatePacks})
   */
  Routing route(int layer, float[] logits, RoutedRows rows);

  /**
   * What rows' logits say of all experts under a rule.
   *
   * @param ids logits per row that are looked at, at least {@link #experts}
   */
  GateDistribution distribution(RoutingRule rule, int ids);

  /** The same of rows at a layer under all of their options, packs included. */
  GateDistribution distribution(RoutingOptions options, int layer);
}
