package io.ennead.cli;

import io.ennead.v1.TemperatureFit;
import java.math.BigDecimal;
import java.math.MathContext;

/**
 * A fitted temperature in words, with its 95 % interval: B = 1 / T is normal around its estimate
 * (maximum likelihood), so the interval is that of B +- 1.96 standard errors, mapped to T. One that
 * holds B = 0 goes through infinity.
 */
final class FitWords {
  private static final double QUANTILE = 1.96;

  private FitWords() {}

  static String of(TemperatureFit fit) {
    return switch (fit.getResult()) {
      case FIT_RESULT_FOUND -> found(fit.getInverseTemperature(), fit.getInverseStandardError());
      case FIT_RESULT_ZERO -> "0: every token is the most likely one";
      case FIT_RESULT_NEGATIVE_ZERO -> "0 from below: every token is the least likely one";
      case FIT_RESULT_NOT_IDENTIFIABLE -> "not identifiable: no tokens, or all are equally likely";
      case FIT_RESULT_UNSPECIFIED, UNRECOGNIZED -> "unknown";
    };
  }

  private static String found(double inverse, double error) {
    String interval = interval(inverse - QUANTILE * error, inverse + QUANTILE * error);
    if (inverse == 0) {
      return "infinite: all tokens alike (95 %%: %s)".formatted(interval);
    }
    String negative = inverse < 0 ? ", negative: it prefers unlikely tokens" : "";
    return "%s (95 %%: %s)%s".formatted(number(1 / inverse), interval, negative);
  }

  private static String interval(double low, double high) {
    String through = low < 0 && high > 0 ? "through infinity to" : "to";
    return "%s %s %s".formatted(number(1 / high), through, number(1 / low));
  }

  /** Four digits, without zeros at the end. */
  private static String number(double temperature) {
    return Double.isInfinite(temperature)
        ? "inf"
        : new BigDecimal(temperature)
            .round(new MathContext(4))
            .stripTrailingZeros()
            .toPlainString();
  }
}
