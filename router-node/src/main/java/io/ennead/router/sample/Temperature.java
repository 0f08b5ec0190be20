package io.ennead.router.sample;

/**
 * The temperature T of the tokens drawn: the distribution is softmax(l / T).
 *
 * <p>Every number but NaN is one. 0: the highest logit. +infinity and -infinity: uniform. Other
 * negative numbers invert the distribution: p is proportional to exp(l / T), so the lowest logit is
 * the most likely, and the only one in the limit of 0 from below.
 *
 * @param value T, or what the schedule starts from
 */
public record Temperature(double value, TemperatureSchedule schedule) {
  /** The model's own distribution. */
  public static final Temperature ONE = of(1);

  /** Refuses NaN, and values that the schedule has no use for. */
  public Temperature {
    Fields.requireNumber(value, "temperature");
    schedule.requireBase(value);
  }

  /** The same temperature for every token. */
  public static Temperature of(double value) {
    return new Temperature(value, new TemperatureSchedule.Constant());
  }

  /** Whether it changes nothing, ever. */
  boolean neutral() {
    return value == 1 && constant();
  }

  boolean constant() {
    return schedule instanceof TemperatureSchedule.Constant;
  }

  /** Whether some token may be drawn from the inverted distribution. */
  public boolean mayInvert() {
    return schedule.mayInvert(value);
  }

  /**
   * Whether this T makes the lowest logit the most likely. Minus infinity does not: it is the same
   * uniform distribution as plus infinity.
   */
  static boolean inverts(double temperature) {
    return temperature < 0 && temperature > Double.NEGATIVE_INFINITY;
  }
}
