package io.ennead.router.moe;

import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.GateConfig;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The gate of every family: scores from logits, the k experts of the highest selection score,
 * weights from their scores. What a family has or has not is in {@link GateConfig}, whose order of
 * operations it follows.
 *
 * <p>A row's {@link RoutingProfile} adds its biases to the effective logits (after the soft cap);
 * without one nothing is added. Its {@link RoutingRule} acts on the sums l, in this order (T is the
 * temperature; T = 1 divides by nothing and so is bit-identical to no temperature):
 *
 * <ol>
 *   <li>Excluded experts are out: as if their logit were -infinity, which is the logit of an expert
 *       that is suppressed or in no pack of the row's ({@link GatePacks}).
 *   <li>Scores. Softmax gates: {@code s_i = exp((l_i - l_0) / T)}, l_0 being the highest logit (the
 *       lowest when T is negative), which is softmax(l / T) but for a common factor. T = 0: 1 for
 *       the first of the ranking, 0 for the others; ±infinity: 1 for all. Sigmoid gates: {@code s_i
 *       = sigma(l_i / T)}; T = 0: 0, 1/2 or 1 by the sign of l; ±infinity: 1/2 for all.
 *   <li>Min-p: experts with {@code s_i < minP * max s} are out.
 *   <li>Groups, by selection scores: sigmoid scores plus the selection bias, softmax gates' logits
 *       (negated when T is negative).
 *   <li>Choice. {@code TOP_K}: the k highest selection scores. {@code SAMPLED}: the k highest of
 *       {@code l_i / T + G_i} with independent standard Gumbel numbers G, which draws k experts
 *       without replacement from softmax(l / T) (Gumbel-top-k: Kool, van Hoof and Welling,
 *       "Stochastic beams and where to find them", ICML 2019; used on a gate by RoE, arXiv
 *       2509.17238). T = 0 chooses as TOP_K does.
 *   <li>Weights: s_i over the sum of the chosen, times their total: 1 where the family
 *       renormalises, else what the chosen have of all that are not excluded, at T = 1 ({@code
 *       PRESERVE}) or at T ({@code LITERAL}; sigmoid gates: the sum of their scores). {@code
 *       UNIFORM}: equal parts of the total. Then the family's scale. Sigmoid scores that are too
 *       small for a double are compared by their logarithms; when these are too, the highest logit
 *       has all.
 * </ol>
 *
 * So T moves a softmax gate's weights and, unless it is negative or the mode is SAMPLED, not its
 * choice; a sigmoid gate with a selection bias changes its choice too.
 *
 * <p>Ties go to the higher logit (the lower one when T is negative), then to the lower expert id.
 * The inner arithmetic is double through {@link StrictMath}, rounded to float32 once at the end:
 * the bits depend neither on the machine nor on its compiler.
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
  public boolean grouped() {
    return config.groups().isPresent();
  }

  @Override
  public double effective(float logit) {
    return GateScores.effective(config, logit);
  }

  @Override
  public Routing route(int layer, float[] logits, RoutedRows rows) {
    GatePacks packs = GatePacks.of(rows);
    int ids = packs.width(experts());
    requireFinite(logits, rows.count(), ids);
    int places = places(layer, rows);
    GateRow row =
        new GateRow(config, ids, packs.selectionBias(layer, selectionBias.get(layer)), places);
    int[] experts = new int[rows.count() * places];
    float[] weights = new float[rows.count() * places];
    for (int i = 0; i < rows.count(); i++) {
      RoutingOptions options = rows.options().get(i);
      RoutingRule rule = options.at(layer);
      GumbelNoise noise = new GumbelNoise(options.seed(), rows.positions()[i], layer);
      row.route(logits, i * ids, rule, options.profile().bias(layer), noise);
      row.copyTo(experts, weights, i * places);
    }
    return new Routing(rows.count(), places, experts, weights);
  }

  private int places(int layer, RoutedRows rows) {
    int places = 0;
    @Nullable RoutingOptions last = null;
    for (RoutingOptions options : rows.options()) {
      if (options == last) { // rows of one sequence share theirs
        continue;
      }
      last = options;
      RoutingRule rule = options.at(layer);
      rule.requireFitting(layer, config, options.packs());
      places = Math.max(places, rule.expertsPerToken(expertsPerToken()));
    }
    return rows.count() == 0 ? expertsPerToken() : places;
  }

  @Override
  public GateDistribution distribution(RoutingRule rule, int ids) {
    return new GateDistribution(config, ids, rule, null);
  }

  @Override
  public GateDistribution distribution(RoutingOptions options, int layer) {
    return new GateDistribution(
        config, options.packs().width(experts()), options.at(layer), options.profile().bias(layer));
  }

  /** But for what packs have not, or have suppressed. */
  private void requireFinite(float[] logits, int rows, int ids) {
    if (logits.length != rows * ids) {
      throw new IllegalArgumentException(
          "gate logits: %d (expected: %d rows x %d experts)".formatted(logits.length, rows, ids));
    }
    for (int i = 0; i < logits.length; i++) {
      boolean out = logits[i] == Float.NEGATIVE_INFINITY && i % ids >= experts();
      if (!Float.isFinite(logits[i]) && !out) {
        throw ServingException.engineFailure(
            "gate logit of row %d, expert %d: %s (expected: a finite number)"
                .formatted(i / ids, i % ids, logits[i]),
            null);
      }
    }
  }
}
