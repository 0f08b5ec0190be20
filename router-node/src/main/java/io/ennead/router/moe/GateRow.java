package io.ennead.router.moe;

import io.ennead.expert.architecture.GateConfig;
import io.ennead.router.moe.RoutingRule.Mass;
import io.ennead.router.moe.RoutingRule.Mode;
import io.ennead.router.moe.RoutingRule.Weights;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Routes one row after the other, with one set of buffers: the steps of {@link ScoredGate}. Used by
 * one thread.
 *
 * <p>When a row asks for fewer experts than there are places, or for more than min-p and its groups
 * leave, the places beyond have weight 0.
 */
final class GateRow {
  /** DeepSeek's guard against dividing by zero (inference/model.py, modular_deepseek_v3.py). */
  private static final double SIGMOID_SUM_GUARD = 1e-20;

  private final GateConfig config;
  private final float @Nullable [] selectionBias;
  private final GateScores scores;
  private final ExpertRanking ranking;
  private final double[] selection;
  private final double[] ties;
  private final double[] keys;
  private final double[] weights;

  /** For rows of so many logits. */
  GateRow(GateConfig config, int ids, float @Nullable [] selectionBias, int places) {
    this.config = config;
    this.selectionBias = selectionBias;
    this.scores = new GateScores(config, ids);
    this.ranking = new ExpertRanking(places);
    this.selection = new double[ids];
    this.ties = new double[ids];
    this.keys = new double[ids];
    this.weights = new double[places];
  }

  /** Routes the row at {@code offset}; {@code bias} is the profile's, [experts]. */
  void route(
      float[] source, int offset, RoutingRule rule, float @Nullable [] bias, GumbelNoise noise) {
    scores.load(source, offset, rule, bias);
    select(rule.minP());
    config.groups().ifPresent(groups -> GroupLimit.apply(groups, selection));
    rank(rule, noise);
    int chosen = Math.min(rule.expertsPerToken(config.expertsPerToken()), open());
    ranking.sortFirst(chosen, this::precedesByLogit);
    Arrays.fill(weights, 0);
    weigh(rule, chosen);
  }

  void copyTo(int[] ids, float[] targets, int offset) {
    System.arraycopy(ranking.ids(), 0, ids, offset, weights.length);
    for (int i = 0; i < weights.length; i++) {
      targets[offset + i] = (float) weights[i];
    }
  }

  /** Selection scores; -infinity for those that are out. */
  private void select(double minP) {
    double least = minP > 0 ? minP * scores.largestScore() : 0;
    for (int expert = 0; expert < selection.length; expert++) {
      boolean out = scores.excluded(expert) || (minP > 0 && scores.score(expert) < least);
      selection[expert] = out ? Double.NEGATIVE_INFINITY : selectionScore(expert);
    }
  }

  private double selectionScore(int expert) {
    if (!scores.sigmoid()) {
      return scores.directed(expert);
    }
    return scores.score(expert) + (selectionBias == null ? 0 : selectionBias[expert]);
  }

  private int open() {
    int count = 0;
    for (double score : selection) {
      count += score == Double.NEGATIVE_INFINITY ? 0 : 1;
    }
    return count;
  }

  private void rank(RoutingRule rule, GumbelNoise noise) {
    boolean drawn = rule.mode() == Mode.SAMPLED && rule.temperature() != 0;
    for (int expert = 0; expert < keys.length; expert++) {
      boolean out = selection[expert] == Double.NEGATIVE_INFINITY;
      double key = drawn ? scores.tempered(expert) + noise.of(expert) : selection[expert];
      keys[expert] = out ? Double.NEGATIVE_INFINITY : key;
      ties[expert] = out ? Double.NEGATIVE_INFINITY : scores.directed(expert);
    }
    ranking.rank(keys, ties);
  }

  /** The order of scores; tells apart what scores of 0 or 1 do not. */
  private boolean precedesByLogit(int expert, int other) {
    double own = scores.directed(expert);
    double others = scores.directed(other);
    return own > others || (own == others && expert < other);
  }

  private void weigh(RoutingRule rule, int chosen) {
    if (rule.weights() == Weights.UNIFORM) {
      Arrays.fill(weights, 0, chosen, total(rule, chosen) / chosen);
    } else if (scores.sigmoid()) {
      weighSigmoid(rule, chosen);
    } else {
      weighSoftmax(total(rule, chosen), chosen);
    }
  }

  private void weighSoftmax(double total, int chosen) {
    double sum = 0;
    for (int i = 0; i < chosen; i++) {
      weights[i] = scores.score(ranking.ids()[i]);
      sum += weights[i];
    }
    for (int i = 0; i < chosen; i++) {
      weights[i] = weights[i] / sum * total;
    }
  }

  private void weighSigmoid(RoutingRule rule, int chosen) {
    boolean plain = rule.temperature() == 1;
    boolean literal = !config.renormalise() && (rule.mass() == Mass.LITERAL || plain);
    double most = plain || literal ? 0 : scores.logSigma(ranking.ids()[0]);
    double sum = plain ? SIGMOID_SUM_GUARD : 0;
    for (int i = 0; i < chosen; i++) {
      weights[i] = plain || literal ? scores.score(ranking.ids()[i]) : relativeScore(i, most);
      sum += weights[i];
    }
    double factor = literal ? config.scale() : total(rule, chosen) / sum;
    for (int i = 0; i < chosen; i++) {
      weights[i] *= factor;
    }
  }

  /**
   * The score at a place of the ranking over the first's, the largest, whose logarithm is given.
   */
  private double relativeScore(int place, double most) {
    if (most == Double.NEGATIVE_INFINITY) {
      return place == 0 ? 1 : 0;
    }
    return StrictMath.exp(scores.logSigma(ranking.ids()[place]) - most);
  }

  /** The chosen experts' weight together, but for what rounding takes. */
  private double total(RoutingRule rule, int chosen) {
    if (config.renormalise() || config.score() == GateConfig.Score.SOFTMAX_OF_CHOSEN) {
      return config.scale();
    }
    int[] ids = ranking.ids();
    double t = rule.mass() == Mass.LITERAL ? rule.temperature() : 1;
    double mass = scores.sigmoid() ? scores.sum(ids, chosen, t) : scores.share(ids, chosen, t);
    return mass * config.scale();
  }
}
