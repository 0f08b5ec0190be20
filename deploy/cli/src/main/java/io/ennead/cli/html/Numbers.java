package io.ennead.cli.html;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Numbers as they are written on the page and in the terminal, the same in every locale. */
public final class Numbers {
  private Numbers() {}

  /** Weights, shares and probabilities: three digits after the point. */
  public static String fraction(double value) {
    return fixed(value, 3);
  }

  /** Parts of one as per cent. */
  public static String percent(double part) {
    return fixed(100 * part, 1) + "%";
  }

  /** So many digits after the point; NaN and the infinities by name. */
  public static String fixed(double value, int digits) {
    return Double.isFinite(value)
        ? new BigDecimal(value).setScale(digits, RoundingMode.HALF_UP).toPlainString()
        : Double.toString(value);
  }

  /** Places in a drawing: a hundredth of a pixel is enough, and a page has many. */
  public static String coordinate(double value) {
    double rounded = Math.round(value * 100) / 100.0;
    return rounded == Math.rint(rounded) ? Long.toString((long) rounded) : Double.toString(rounded);
  }

  /** Where a bar of a value that is no number would end. */
  public static double finite(double value) {
    return Double.isFinite(value) ? value : 0;
  }
}
