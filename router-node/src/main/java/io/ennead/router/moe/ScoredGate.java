package io.ennead.router.moe;

import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.GateConfig;
import java.util.List;
import java.util.Map;

/**
 * The gate of every family: scores from logits, the k experts of the highest selection score,
 * weights from their scores. What a family has or has not is in {@link GateConfig}, whose order of
 * operations it follows.
 *
 * <p>Temperature T acts on the effective logits l (after the soft cap), before the score function.
 * T = 1 divides by nothing and so is bit-identical to no temperature.
 *
 * <ul>
 *   <li>Softmax scores: T does not change the ranking, but a negative T inverts it: the lowest
 *       logits are chosen. Renormalised, the weight of a chosen i is {@code exp((l_i - l_0) / T)}
 *       over the sum of the chosen, l_0 being the first of the ranking; not renormalised, that
 *       times the probability that the chosen have together at T = 1 ("preserved mass"), so that T
 *       moves weight among the chosen only. T = 0 gives the first all, T = ±infinity equal weights.
 *   <li>Sigmoid scores are {@code sigma(l / T)}: with a selection bias T does change the choice. T
 *       = 0 makes them 0, 1/2 or 1 by the sign of l; ±infinity makes all 1/2. Chosen experts whose
 *       scores are all 0 have weight 0: the layer adds nothing but its shared expert.
 * </ul>
 *
 * Ties go to the lower expert id. The inner arithmetic is double through {@link StrictMath},
 * rounded to float32 once at the end: the bits depend neither on the machine nor on its compiler.
 */
public final class ScoredGate implements Gate {
  private final GateConfig config;
  private final Map<Integer, float[]> selectionBias;

  /**
   * A gate that all layers share.
   *
   * @param config parameters; where its selection bias lies is not looked at
   * @param selectionBias [experts] by layer, for layers that have one; owned by the gate from now
   *     on
   */
  public ScoredGate(GateConfig config, Map<Integer, float[]> selectionBias) {
    this.config = config;
    this.selectionBias = Map.copyOf(selectionBias);
  }

  /** Mixtral's gate: softmax over all experts, the k most likely, renormalised. */
  public static ScoredGate softmax(int experts, int expertsPerToken) {
    return new ScoredGate(GateConfig.softmax(experts, expertsPerToken, true), Map.of());
  }

  @Override
  public int experts() {
    return config.experts();
  }

  @Override
  public int expertsPerToken() {
    return config.expertsPerToken();
  }

  @Override
  public Routing route(int layer, float[] logits, List<RoutingOptions> perRow) {
    int rows = perRow.size();
    requireFinite(logits, rows);
    int places = perRow.stream().mapToInt(this::k).max().orElse(expertsPerToken());
    GateRow row = new GateRow(config, selectionBias.get(layer), places);
    int[] ids = new int[rows * places];
    float[] weights = new float[rows * places];
    for (int i = 0; i < rows; i++) {
      RoutingOptions options = perRow.get(i);
      row.route(logits, i * experts(), options.temperature(), k(options));
      row.copyTo(ids, weights, i * places);
    }
    return new Routing(rows, places, ids, weights);
  }

  private int k(RoutingOptions options) {
    return options.expertsPerToken(expertsPerToken(), experts());
  }

  private void requireFinite(float[] logits, int rows) {
    int experts = experts();
    if (logits.length != rows * experts) {
      throw new IllegalArgumentException(
          "gate logits: %d (expected: %d rows x %d experts)"
              .formatted(logits.length, rows, experts));
    }
    for (int i = 0; i < logits.length; i++) {
      if (!Float.isFinite(logits[i])) {
        throw ServingException.engineFailure(
            "gate logit of row %d, expert %d: %s (expected: a finite number)"
                .formatted(i / experts, i % experts, logits[i]),
            null);
      }
    }
  }
}
