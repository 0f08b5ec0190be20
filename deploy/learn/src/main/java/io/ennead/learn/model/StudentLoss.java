package io.ennead.learn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Optional;

/**
 * The objective of one pass. With the n most likely tokens of the teacher, all others are one event
 * whose probability is what remains: {@code KL = sum p ln(p / q) + r ln(r / (1 - sum q))}, a lower
 * bound of the whole divergence, 0 where student and teacher agree on the n and the rest.
 */
final class StudentLoss {
  /** What the student leaves for the remaining tokens, at least: float32 sums are that exact. */
  private static final double LEAST_REMAINING = 1e-6;

  private final Pass pass;
  private final Batch batch;
  private final Objective objective;

  private StudentLoss(Pass pass, Batch batch, Objective objective) {
    this.pass = pass;
    this.batch = batch;
    this.objective = objective;
  }

  /** The loss of logits [rows, vocabulary]. */
  static Loss of(Pass pass, Batch batch, Objective objective, NDArray logits) {
    return new StudentLoss(pass, batch, objective).of(logits);
  }

  private Loss of(NDArray logits) {
    NDArray plain = logits.logSoftmax(1);
    NDArray crossEntropy = Loss.crossEntropy(pass, plain, batch, batch.rows());
    if (batch.labels().isEmpty()) {
      requireHard();
      return Loss.of(crossEntropy);
    }
    double t = objective.temperature();
    NDArray soft = divergence(t == 1 ? plain : logits.div(pass.number(t)).logSoftmax(1));
    NDArray total =
        soft.mul(pass.number(objective.alpha() * t * t))
            .add(crossEntropy.mul(pass.number(1 - objective.alpha())));
    return new Loss(total, crossEntropy, Optional.of(soft));
  }

  private void requireHard() {
    if (objective.soft()) {
      throw new IllegalArgumentException("labels: none (expected: one per sequence)");
    }
  }

  private NDArray divergence(NDArray logProbs) {
    List<LabelRows> labels = batch.labels();
    int rows = batch.rows();
    float[] probabilities = join(labels.stream().map(LabelRows::probabilities).toList());
    float[] remaining = join(labels.stream().map(LabelRows::remaining).toList());
    int width = probabilities.length / rows;
    double known = (negentropy(probabilities) + negentropy(remaining)) / rows;
    NDArray p = pass.floats(probabilities, new Shape(rows, width));
    if (labels.get(0).whole()) {
      return mean(logProbs.mul(p).sum(), known);
    }
    NDArray q = logProbs.gather(pass.ids(ids(labels, rows * width), new Shape(rows, width)), 1);
    NDArray left = // [rows]
        pass.number(1).sub(q.exp().sum(new int[] {1})).maximum(pass.number(LEAST_REMAINING)).log();
    NDArray rest = left.mul(pass.floats(remaining, new Shape(rows)));
    return mean(q.mul(p).sum().add(rest.sum()), known);
  }

  /** Per row: what is known beforehand, less the sum. */
  private NDArray mean(NDArray sum, double known) {
    return pass.number(known).sub(sum.div(pass.number(batch.rows())));
  }

  private static float[] join(List<float[]> parts) {
    float[] joined = new float[parts.stream().mapToInt(part -> part.length).sum()];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, joined, at, part.length);
      at += part.length;
    }
    return joined;
  }

  private static long[] ids(List<LabelRows> labels, int count) {
    long[] ids = new long[count];
    int at = 0;
    for (LabelRows rows : labels) {
      for (int id : rows.ids()) {
        ids[at++] = id;
      }
    }
    return ids;
  }

  /** Sum of p ln p. */
  private static double negentropy(float[] probabilities) {
    double sum = 0;
    for (float p : probabilities) {
      sum += p == 0 ? 0 : p * Math.log(p);
    }
    return sum;
  }
}
