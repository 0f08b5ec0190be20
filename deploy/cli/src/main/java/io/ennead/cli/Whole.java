package io.ennead.cli;

import picocli.CommandLine.TypeConversionException;

/** Whole numbers in flags. */
final class Whole {
  private Whole() {}

  static int parse(String value, int least) {
    try {
      int number = Integer.parseInt(value);
      if (number >= least) {
        return number;
      }
    } catch (NumberFormatException e) {
      // told below, with what is expected
    }
    throw new TypeConversionException("%s (expected: at least %d)".formatted(value, least));
  }
}
