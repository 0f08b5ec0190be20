package io.ennead.cli.adapt;

import io.ennead.router.moe.SetLikelihood;
import io.ennead.router.trace.Decisions;
import java.util.List;

/**
 * What is maximised: the mean over responses of the sum over their choices of min(r A, clip(r) A),
 * r being how much more likely a choice is under the parameters than when it was drawn (clipped
 * importance weights per choice, as PPO has them: Schulman et al. 2017), A its advantage. At the
 * parameters under which the choices were drawn its gradient is REINFORCE's.
 *
 * <p>Used by one thread.
 */
final class Surrogate {
  private final List<Example> examples;
  private final double clip;
  private final SetLikelihood likelihood;
  private final double[] z;
  private final double[] byLogit;
  private final double[] score;

  /**
   * A surrogate.
   *
   * @param clip choices that have become more, or less, likely by this share teach no more
   */
  Surrogate(List<Example> examples, double clip) {
    this.clip = clip;
    Decisions like = examples.get(0).choices().decisions();
    this.examples = examples;
    this.likelihood = new SetLikelihood(like.experts());
    this.z = new double[like.experts()];
    this.byLogit = new double[like.experts()];
    this.score = new double[like.experts() + 1];
  }

  /**
   * The surrogate at some parameters.
   *
   * @param value of what is maximised
   * @param gradient of it, [layers, experts + 1]
   * @param fisher information of a response's choices, mean: a block per layer, [layers][experts +
   *     1][experts + 1]
   * @param choices of a response, mean
   * @param divergence estimate of KL(drawn from, parameters) per choice: mean of r - 1 - ln r
   */
  record Point(
      double value, double[] gradient, double[][][] fisher, double choices, double divergence) {}

  Point at(Parameters parameters) {
    int layers = parameters.layers().size();
    int block = parameters.block();
    double[] gradient = new double[layers * block];
    double[][][] fisher = new double[layers][block][block];
    double value = 0;
    double divergence = 0;
    double choices = 0;
    for (Example example : examples) {
      Decisions decisions = example.choices().decisions();
      for (int choice = 0; choice < decisions.tokens() * layers; choice++) {
        int place = choice % layers;
        double a = example.advantages()[choice / layers];
        double log = score(decisions, choice, place, parameters);
        double ratio = Math.exp(log - example.choices().logProbabilities()[choice]);
        double clipped = Math.max(1 - clip, Math.min(1 + clip, ratio));
        double weight = example.stride();
        value += weight * Math.min(ratio * a, clipped * a);
        divergence += weight * (ratio - 1 - Math.log(ratio));
        choices += weight;
        double pull = ratio * a <= clipped * a ? weight * ratio * a : 0;
        add(pull, weight, place * block, gradient, fisher[place]);
      }
    }
    int n = examples.size();
    scale(gradient, fisher, 1.0 / n);
    return new Point(value / n, gradient, fisher, choices / n, divergence / choices);
  }

  /** Fills in d log P / d parameters of the choice's layer; gives log P. */
  private double score(Decisions decisions, int choice, int place, Parameters parameters) {
    int experts = decisions.experts();
    int k = decisions.expertsPerToken();
    double t = decisions.temperatures()[place] * parameters.temperature(place);
    for (int expert = 0; expert < experts; expert++) {
      double logit = decisions.logits()[choice * experts + expert];
      z[expert] = (logit + parameters.bias(place, expert)) / t;
    }
    int[] set = new int[k];
    for (int i = 0; i < k; i++) {
      set[i] = decisions.chosen()[choice * k + i];
    }
    double log = likelihood.logProbability(z, set, byLogit);
    double byTemperature = 0;
    for (int expert = 0; expert < experts; expert++) {
      score[expert] = byLogit[expert] / t;
      byTemperature -= byLogit[expert] == 0 ? 0 : byLogit[expert] * z[expert];
    }
    score[experts] = byTemperature;
    return log;
  }

  private void add(double pull, double weight, int at, double[] gradient, double[][] fisher) {
    for (int i = 0; i < score.length; i++) {
      gradient[at + i] += pull * score[i];
      for (int j = 0; j < score.length; j++) {
        fisher[i][j] += weight * score[i] * score[j];
      }
    }
  }

  private static void scale(double[] gradient, double[][][] fisher, double factor) {
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] *= factor;
    }
    for (double[][] block : fisher) {
      for (double[] row : block) {
        for (int i = 0; i < row.length; i++) {
          row[i] *= factor;
        }
      }
    }
  }
}
