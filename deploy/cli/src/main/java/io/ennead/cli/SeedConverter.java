package io.ennead.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Seeds: the unsigned 64-bit numbers that responses show. */
final class SeedConverter implements ITypeConverter<Long> {

  @Override
  public Long convert(String value) {
    try {
      return Long.parseUnsignedLong(value);
    } catch (NumberFormatException e) {
      throw new TypeConversionException("%s (expected: 0 to 2^64 - 1)".formatted(value));
    }
  }
}
