package io.ennead.cli;

import io.ennead.client.load.Lengths;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Mixtures of lengths. */
final class LengthsConverter implements ITypeConverter<Lengths> {

  @Override
  public Lengths convert(String value) {
    try {
      return Lengths.parse(value);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
