package io.ennead.router.score;

/**
 * The temperature at which tokens are most likely. The figures are NaN unless there is one.
 *
 * @param inverseTemperature B = 1 / T; 0: the uniform distribution
 * @param standardError of B: 1 / sqrt(-d2L/dB2), the inverse root of the Fisher information; to
 *     four digits
 * @param logLikelihood at the maximum
 */
public record TemperatureFit(
    Result result, double inverseTemperature, double standardError, double logLikelihood) {

  /** Whether there is a most likely temperature. */
  public enum Result {
    /** Yes; infinite where B is 0. */
    FOUND,
    /** Every token is the most likely one of its place: the lower T above 0, the better. */
    ZERO,
    /** Every token is the least likely one: the nearer T is to 0 from below, the better. */
    NEGATIVE_ZERO,
    /** There are no tokens, or all logits are equal. */
    NOT_IDENTIFIABLE
  }

  static TemperatureFit without(Result result) {
    return new TemperatureFit(result, Double.NaN, Double.NaN, Double.NaN);
  }

  /** T = 1 / B; +infinity where B is 0. */
  public double temperature() {
    return inverseTemperature == 0 ? Double.POSITIVE_INFINITY : 1 / inverseTemperature;
  }
}
