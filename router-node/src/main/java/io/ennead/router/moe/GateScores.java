package io.ennead.router.moe;

import io.ennead.expert.architecture.GateConfig;
import io.ennead.expert.architecture.GateConfig.Score;
import org.jspecify.annotations.Nullable;

/**
 * Effective logits and scores of one row under a rule: steps 1 and 2 of {@link ScoredGate}. Scores
 * are computed when they are asked for, since most gates need those of the chosen only. Keeps its
 * arrays from row to row. Used by one thread.
 */
final class GateScores {
  private final GateConfig config;
  private final int experts;
  private final double[] logits;
  private final boolean[] excluded;
  private double temperature;
  private int best;

  /** Of rows of so many logits: the model's own, and those of packs. */
  GateScores(GateConfig config, int experts) {
    this.config = config;
    this.experts = experts;
    this.logits = new double[experts];
    this.excluded = new boolean[experts];
  }

  /**
   * Takes the row at {@code offset}.
   *
   * @param bias of the model's own experts, added to their effective logits; none of packs' have
   *     one
   */
  void load(float[] source, int offset, RoutingRule rule, float @Nullable [] bias) {
    temperature = rule.temperature();
    for (int expert = 0; expert < experts; expert++) {
      double effective = effective(config, source[offset + expert]);
      logits[expert] = bias != null && expert < bias.length ? effective + bias[expert] : effective;
      excluded[expert] = source[offset + expert] == Float.NEGATIVE_INFINITY;
    }
    for (int expert : rule.excluded()) {
      if (expert < experts) { // it may be of a pack that is gone
        excluded[expert] = true;
      }
    }
    best = best(temperature);
  }

  /** The soft cap c tanh(l / c), if there is one. */
  static double effective(GateConfig config, float logit) {
    if (config.softCap().isEmpty()) {
      return logit;
    }
    double cap = config.softCap().getAsDouble();
    return cap * StrictMath.tanh(logit / cap);
  }

  /** The expert of the highest logit, or of the lowest when T is negative; ties to the lower id. */
  private int best(double t) {
    int found = -1;
    for (int expert = 0; expert < experts; expert++) {
      if (!excluded[expert] && (found < 0 || precedes(expert, found, t))) {
        found = expert;
      }
    }
    return found;
  }

  private boolean precedes(int expert, int other, double t) {
    return t < 0 ? logits[expert] < logits[other] : logits[expert] > logits[other];
  }

  boolean sigmoid() {
    return config.score() == Score.SIGMOID;
  }

  boolean excluded(int expert) {
    return excluded[expert];
  }

  /** The logit as the ranking sees it: a negative temperature inverts it. */
  double directed(int expert) {
    return temperature < 0 ? -logits[expert] : logits[expert];
  }

  /** l / T less a number that all experts share. */
  double tempered(int expert) {
    return tempered(expert, best, temperature);
  }

  private double tempered(int expert, int reference, double t) {
    double distance = logits[expert] - logits[reference];
    return t == 1 ? distance : distance / t;
  }

  /** The score at T. */
  double score(int expert) {
    return score(expert, best, temperature);
  }

  private double score(int expert, int reference, double t) {
    if (excluded[expert]) {
      return 0;
    }
    if (sigmoid()) {
      return sigma(logits[expert], t);
    }
    if (t == 0) {
      return expert == reference ? 1 : 0;
    }
    return StrictMath.exp(tempered(expert, reference, t));
  }

  private static double sigma(double logit, double t) {
    return 1 / (1 + StrictMath.exp(-scaled(logit, t)));
  }

  /** The logarithm of a score that is not 0. */
  double logScore(int expert) {
    if (sigmoid()) {
      return logSigma(expert);
    }
    return temperature == 0 ? 0 : tempered(expert);
  }

  /** ln sigma(l / T), which is a number long after sigma itself is 0. */
  double logSigma(int expert) {
    double x = scaled(logits[expert], temperature);
    return Math.min(x, 0) - StrictMath.log1p(StrictMath.exp(-Math.abs(x)));
  }

  /** l / T; T = 0: by the sign of l, infinite or 0. */
  private static double scaled(double logit, double t) {
    if (t == 0) {
      return logit == 0 ? 0 : Math.copySign(Double.POSITIVE_INFINITY, logit);
    }
    return t == 1 ? logit : logit / t;
  }

  double largestScore() {
    double largest = 0;
    for (int expert = 0; expert < experts; expert++) {
      largest = Math.max(largest, score(expert));
    }
    return largest;
  }

  /** Sum of the scores of some experts at a temperature. */
  double sum(int[] chosen, int count, double t) {
    int reference = best(t);
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += score(chosen[i], reference, t);
    }
    return sum;
  }

  /** What some experts have of the scores of all, at a temperature. */
  double share(int[] chosen, int count, double t) {
    return sum(chosen, count, t) / sum(t);
  }

  private double sum(double t) {
    int reference = best(t);
    double sum = 0;
    for (int expert = 0; expert < experts; expert++) {
      sum += score(expert, reference, t);
    }
    return sum;
  }
}
