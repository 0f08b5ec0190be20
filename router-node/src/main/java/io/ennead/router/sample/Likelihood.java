package io.ennead.router.sample;

/**
 * The log-likelihood L of tokens at an inverse temperature B, and how it changes with B. With l_y
 * the logit of the token that came and moments under softmax(B l): L = sum of ln softmax(B l)_y,
 * dL/dB = sum of (l_y - mean of l), d2L/dB2 = -sum of the variances of l, as for every exponential
 * family (Barndorff-Nielsen, Information and Exponential Families, 1978, ch. 9). So L is concave in
 * B.
 *
 * <p>A token whose logit is -infinity makes L -infinity and adds nothing to the derivatives.
 *
 * @param inverseTemperature B = 1 / T
 * @param logLikelihood L in nats
 * @param slope dL/dB
 * @param curvature d2L/dB2, never positive
 */
public record Likelihood(
    double inverseTemperature, double logLikelihood, double slope, double curvature) {

  /** Of no token. */
  public static Likelihood none(double inverseTemperature) {
    return new Likelihood(inverseTemperature, 0, 0, 0);
  }

  /**
   * Of these tokens and of others.
   *
   * @throws IllegalArgumentException when the others' was taken at another temperature
   */
  public Likelihood plus(Likelihood other) {
    if (inverseTemperature != other.inverseTemperature) {
      throw new IllegalArgumentException(
          "inverse temperature: %s (expected: %s)"
              .formatted(other.inverseTemperature, inverseTemperature));
    }
    return new Likelihood(
        inverseTemperature,
        logLikelihood + other.logLikelihood,
        slope + other.slope,
        curvature + other.curvature);
  }
}
