package io.ennead.learn.model;

/**
 * What a student minimises: {@code alpha T^2 KL(teacher_T || student_T) + (1 - alpha) H}, per
 * token, where H is the cross-entropy of the text's own tokens at temperature 1 (Hinton et al.
 * 2015).
 *
 * @param alpha share of the soft labels, 0 (hard labels alone) to 1
 * @param temperature T at which the labels were taken, more than 0
 */
public record Objective(double alpha, double temperature) {
  /** The text's own tokens alone. */
  public static final Objective HARD = new Objective(0, 1);

  /** Checks the ranges. */
  public Objective {
    if (!(alpha >= 0 && alpha <= 1)) {
      throw new IllegalArgumentException("alpha: %s (expected: 0 to 1)".formatted(alpha));
    }
    if (!(temperature > 0 && temperature < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "temperature: %s (expected: more than 0)".formatted(temperature));
    }
  }

  /** Whether soft labels are needed. */
  public boolean soft() {
    return alpha > 0;
  }
}
