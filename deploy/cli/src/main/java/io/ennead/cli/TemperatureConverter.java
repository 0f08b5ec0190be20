package io.ennead.cli;

import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Temperatures: numbers, and {@code inf} for the uniform distribution. */
final class TemperatureConverter implements ITypeConverter<Double> {

  @Override
  public Double convert(String value) {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "inf", "+inf", "infinity" -> Double.POSITIVE_INFINITY;
      case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
      default -> number(value);
    };
  }

  private static Double number(String value) {
    try {
      return Double.valueOf(value);
    } catch (NumberFormatException e) {
      throw new TypeConversionException("%s (expected: a number or inf)".formatted(value));
    }
  }
}
