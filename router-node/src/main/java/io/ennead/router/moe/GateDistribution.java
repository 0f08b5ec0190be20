package io.ennead.router.moe;

import io.ennead.expert.architecture.GateConfig;
import org.jspecify.annotations.Nullable;

/**
 * The probabilities of all experts under one rule, row after row: softmax(l / T) over those that
 * are not excluded. Gates with sigmoid scores: sigmoid(l / T), whose sum is not 1. Excluded experts
 * have 0. Used by one thread.
 */
public final class GateDistribution {
  private final GateScores scores;
  private final RoutingRule rule;
  private final float @Nullable [] bias;
  private final double[] probabilities;
  private double entropy;

  GateDistribution(GateConfig config, int ids, RoutingRule rule, float @Nullable [] bias) {
    this.scores = new GateScores(config, ids);
    this.rule = rule;
    this.bias = bias;
    this.probabilities = new double[ids];
  }

  /**
   * Goes to a row.
   *
   * @param logits holds the row's [ids] at {@code offset}
   */
  public void load(float[] logits, int offset) {
    scores.load(logits, offset, rule, bias);
    double sum = 0;
    double logs = 0;
    for (int expert = 0; expert < probabilities.length; expert++) {
      double score = scores.score(expert);
      probabilities[expert] = score;
      sum += score;
      logs += score > 0 ? score * scores.logScore(expert) : 0;
    }
    entropy = sum > 0 ? Math.max(0, StrictMath.log(sum) - logs / sum) : 0;
    normalise(scores.sigmoid() ? 1 : sum);
  }

  private void normalise(double sum) {
    for (int expert = 0; expert < probabilities.length; expert++) {
      probabilities[expert] /= sum;
    }
  }

  /** The row's probability of an expert. */
  public double probability(int expert) {
    return probabilities[expert];
  }

  /**
   * The row's entropy in nats, of probabilities over their sum: ln S - sum s ln s / S of scores s
   * with sum S.
   */
  public double entropy() {
    return entropy;
  }
}
