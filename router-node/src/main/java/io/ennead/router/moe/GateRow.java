package io.ennead.router.moe;

import io.ennead.expert.architecture.GateConfig;
import io.ennead.expert.architecture.GateConfig.ExpertGroups;
import io.ennead.expert.architecture.GateConfig.Score;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Routes one row after the other, with one set of buffers. Used by one thread.
 *
 * <p>When a row asks for fewer experts than there are places, or for more than its groups hold, the
 * places beyond have weight 0.
 */
final class GateRow {
  /** DeepSeek's guard against dividing by zero (inference/model.py, modular_deepseek_v3.py). */
  private static final double SIGMOID_SUM_GUARD = 1e-20;

  private final GateConfig config;
  private final float @Nullable [] selectionBias;
  private final int experts;
  private final double[] logits;
  private final double[] selection;
  private final int[] ranking;
  private final double[] weights;

  GateRow(GateConfig config, float @Nullable [] selectionBias, int places) {
    this.config = config;
    this.selectionBias = selectionBias;
    this.experts = config.experts();
    this.logits = new double[experts];
    this.selection = new double[experts];
    this.ranking = new int[places];
    this.weights = new double[places];
  }

  void route(float[] source, int offset, double temperature, int k) {
    for (int expert = 0; expert < experts; expert++) {
      logits[expert] = effective(source[offset + expert]);
    }
    Arrays.fill(weights, 0);
    if (config.score() == Score.SIGMOID) {
      routeSigmoid(temperature, k);
    } else {
      routeSoftmax(temperature, k);
    }
  }

  void copyTo(int[] ids, float[] targets, int offset) {
    System.arraycopy(ranking, 0, ids, offset, ranking.length);
    for (int i = 0; i < weights.length; i++) {
      targets[offset + i] = (float) weights[i];
    }
  }

  /** The soft cap c tanh(l / c), if there is one. */
  private double effective(float logit) {
    if (config.softCap().isEmpty()) {
      return logit;
    }
    double cap = config.softCap().getAsDouble();
    return cap * StrictMath.tanh(logit / cap);
  }

  private void routeSoftmax(double temperature, int k) {
    boolean inverted = temperature < 0;
    for (int expert = 0; expert < experts; expert++) {
      selection[expert] = inverted ? -logits[expert] : logits[expert];
    }
    rank();
    boolean renormalise = config.renormalise() || config.score() == Score.SOFTMAX_OF_CHOSEN;
    double mass = renormalise ? 1 : chosenProbability(k);
    weighSoftmax(temperature, k, mass * config.scale());
  }

  /** What the first k of the ranking have of the softmax over all experts, at T = 1. */
  private double chosenProbability(int k) {
    double top = logits[0];
    for (int expert = 1; expert < experts; expert++) {
      top = Math.max(top, logits[expert]);
    }
    double all = 0;
    for (int expert = 0; expert < experts; expert++) {
      all += StrictMath.exp(logits[expert] - top);
    }
    double chosen = 0;
    for (int i = 0; i < k; i++) {
      chosen += StrictMath.exp(logits[ranking[i]] - top);
    }
    return chosen / all;
  }

  private void weighSoftmax(double t, int k, double total) {
    if (t == 0) {
      weights[0] = total;
      return;
    }
    double first = logits[ranking[0]];
    double sum = 0;
    for (int i = 0; i < k; i++) {
      double distance = logits[ranking[i]] - first;
      weights[i] = StrictMath.exp(t == 1 ? distance : distance / t);
      sum += weights[i];
    }
    for (int i = 0; i < k; i++) {
      weights[i] = weights[i] / sum * total;
    }
  }

  private void routeSigmoid(double temperature, int k) {
    for (int expert = 0; expert < experts; expert++) {
      logits[expert] = sigmoid(logits[expert], temperature);
      float bias = selectionBias == null ? 0 : selectionBias[expert];
      selection[expert] = logits[expert] + bias;
    }
    config.groups().ifPresent(this::dropGroups);
    rank();
    double sum = 0;
    for (int i = 0; i < k; i++) {
      boolean dropped = selection[ranking[i]] == Double.NEGATIVE_INFINITY;
      weights[i] = dropped ? 0 : logits[ranking[i]];
      sum += weights[i];
    }
    double factor =
        config.renormalise() ? config.scale() / (sum + SIGMOID_SUM_GUARD) : config.scale();
    for (int i = 0; i < k; i++) {
      weights[i] *= factor;
    }
    orderByWeight(k);
  }

  /** The selection bias may have put a lighter expert in front of a heavier one. */
  private void orderByWeight(int k) {
    for (int i = 1; i < k; i++) {
      double weight = weights[i];
      int expert = ranking[i];
      int at = i;
      while (at > 0 && weights[at - 1] < weight) {
        weights[at] = weights[at - 1];
        ranking[at] = ranking[at - 1];
        at--;
      }
      weights[at] = weight;
      ranking[at] = expert;
    }
  }

  private static double sigmoid(double logit, double t) {
    if (t == 0) {
      return 0.5 + 0.5 * Math.signum(logit);
    }
    return 1 / (1 + StrictMath.exp(-(t == 1 ? logit : logit / t)));
  }

  /**
   * Experts outside the best groups count as -infinity. Not as 0, which would let one of them be
   * chosen when biases make the others' scores negative.
   */
  private void dropGroups(ExpertGroups groups) {
    int size = experts / groups.count();
    double[] scores = new double[groups.count()];
    for (int group = 0; group < scores.length; group++) {
      double[] own = Arrays.copyOfRange(selection, group * size, (group + 1) * size);
      Arrays.sort(own);
      for (int i = 0; i < groups.scored(); i++) {
        scores[group] += own[size - 1 - i];
      }
    }
    for (int group = 0; group < scores.length; group++) {
      if (better(scores, group) >= groups.kept()) {
        Arrays.fill(selection, group * size, (group + 1) * size, Double.NEGATIVE_INFINITY);
      }
    }
  }

  /** How many groups come before this one; of equals the lower does. */
  private static int better(double[] scores, int group) {
    int count = 0;
    for (int other = 0; other < scores.length; other++) {
      boolean before = scores[other] > scores[group];
      count += before || (other < group && scores[other] == scores[group]) ? 1 : 0;
    }
    return count;
  }

  /** Fills the ranking with the experts of the highest selection scores, highest first. */
  private void rank() {
    int count = 0;
    for (int expert = 0; expert < experts; expert++) {
      int at = count;
      while (at > 0 && selection[expert] > selection[ranking[at - 1]]) {
        at--;
      }
      if (at == ranking.length) {
        continue;
      }
      count = Math.min(count + 1, ranking.length);
      System.arraycopy(ranking, at, ranking, at + 1, count - 1 - at);
      ranking[at] = expert;
    }
  }
}
