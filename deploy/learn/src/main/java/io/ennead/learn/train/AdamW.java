package io.ennead.learn.train;

import io.ennead.learn.model.Weights;
import java.util.Set;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019), and clipping of the gradient's
 * norm. In float32, so that a state that was written goes on with the same bits.
 */
final class AdamW {
  private static final float BETA1 = 0.9f;
  private static final float BETA2 = 0.95f;
  private static final double EPSILON = 1e-8;

  private final Set<String> decayed;
  private final double weightDecay;
  private final double clip;

  /**
   * An optimiser.
   *
   * @param decayed tensors that decay
   */
  AdamW(Set<String> decayed, double weightDecay, double clip) {
    this.decayed = Set.copyOf(decayed);
    this.weightDecay = weightDecay;
    this.clip = clip;
  }

  /**
   * Updates weights and moments.
   *
   * @return the gradient's norm before it was clipped
   */
  double update(TrainingState state, Weights gradients, double rate) {
    double norm = norm(gradients);
    if (!Double.isFinite(norm)) {
      throw new ArithmeticException(
          "step %d: gradient norm %s (expected: a finite number)".formatted(state.step(), norm));
    }
    float factor = (float) Math.min(1, clip / norm);
    int steps = state.step() + 1;
    double first = 1 - Math.pow(BETA1, steps);
    double second = 1 - Math.pow(BETA2, steps);
    for (String name : gradients.names()) {
      float[] weight = state.weights().get(name);
      float[] mean = state.mean().get(name);
      float[] square = state.square().get(name);
      float[] gradient = gradients.get(name);
      double decay = decayed.contains(name) ? rate * weightDecay : 0;
      for (int i = 0; i < weight.length; i++) {
        float g = gradient[i] * factor;
        mean[i] = BETA1 * mean[i] + (1 - BETA1) * g;
        square[i] = BETA2 * square[i] + (1 - BETA2) * g * g;
        double update = mean[i] / first / (Math.sqrt(square[i] / second) + EPSILON);
        weight[i] = (float) (weight[i] - rate * update - decay * weight[i]);
      }
    }
    return norm;
  }

  private static double norm(Weights gradients) {
    double sum = 0;
    for (String name : gradients.names()) {
      for (float g : gradients.get(name)) {
        sum += (double) g * g;
      }
    }
    return Math.sqrt(sum);
  }
}
