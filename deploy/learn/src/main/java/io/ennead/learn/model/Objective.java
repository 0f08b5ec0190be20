package io.ennead.learn.model;

/**
 * What a student minimises: {@code alpha T^2 KL(teacher_T || student_T) + (1 - alpha) H}, per
 * token, where H is the cross-entropy of the text's own tokens at temperature 1 (Hinton et al.
 * 2015).
 *
 * @param alpha share of the soft labels, 0 (hard labels alone) to 1; of a pack, the share of what
 *     is to stay ({@link PackLoss})
 * @param temperature T at which the labels were taken, more than 0
 * @param gateCost of a pack, what a token that is sent to new experts and should not be costs in
 *     the loss of their gates, where one that is not sent and should be costs 1; at least 0
 */
public record Objective(double alpha, double temperature, double gateCost) {
  /** The text's own tokens alone. */
  public static final Objective HARD = new Objective(0, 1, 0);

  /** Checks the ranges. */
  public Objective {
    if (!(alpha >= 0 && alpha <= 1)) {
      throw new IllegalArgumentException("alpha: %s (expected: 0 to 1)".formatted(alpha));
    }
    if (!(temperature > 0 && temperature < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "temperature: %s (expected: more than 0)".formatted(temperature));
    }
    if (!(gateCost >= 0 && gateCost < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "gate cost: %s (expected: at least 0)".formatted(gateCost));
    }
  }

  /** A student's, which has no new experts. */
  public Objective(double alpha, double temperature) {
    this(alpha, temperature, 0);
  }

  /** Whether soft labels are needed. */
  public boolean soft() {
    return alpha > 0;
  }
}
