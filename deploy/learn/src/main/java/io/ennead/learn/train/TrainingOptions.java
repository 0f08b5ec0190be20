package io.ennead.learn.train;

import io.ennead.learn.model.Objective;

/**
 * How a student is trained.
 *
 * @param steps updates in all, at least 1
 * @param batch sequences per step, at least 1
 * @param learningRate after the warm-up
 * @param warmup steps in which the rate rises from 0, 0 to {@code steps}
 * @param leastRate the rate that the cosine ends at, as a share of {@code learningRate}
 * @param weightDecay of matrices, decoupled from the gradient; vectors (norms) have none
 * @param clip the gradient's norm is at most this
 * @param seed of the order of the data
 */
public record TrainingOptions(
    Objective objective,
    int steps,
    int batch,
    double learningRate,
    int warmup,
    double leastRate,
    double weightDecay,
    double clip,
    long seed) {

  /** Checks the ranges. */
  public TrainingOptions {
    require(steps >= 1, "steps", steps, "at least 1");
    require(batch >= 1, "batch", batch, "at least 1");
    require(learningRate > 0 && learningRate < 1, "learning rate", learningRate, "0 to 1");
    require(warmup >= 0 && warmup <= steps, "warmup", warmup, "0 to " + steps);
    require(leastRate >= 0 && leastRate <= 1, "least rate", leastRate, "0 to 1");
    require(weightDecay >= 0 && weightDecay < 1, "weight decay", weightDecay, "0 to 1");
    require(clip > 0, "clip", clip, "more than 0");
  }

  private static void require(boolean holds, String name, Object value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException("%s: %s (expected: %s)".formatted(name, value, expected));
    }
  }

  /** The learning rate of a step, 0 to {@code steps - 1}: linear warm-up, then half a cosine. */
  double rate(int step) {
    if (step < warmup) {
      return learningRate * (step + 1) / warmup;
    }
    double done = (double) (step - warmup) / Math.max(1, steps - warmup);
    double cosine = (1 + StrictMath.cos(Math.PI * done)) / 2;
    return learningRate * (leastRate + (1 - leastRate) * cosine);
  }
}
