package io.ennead.cli;

import io.ennead.wire.ComputeType;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Number formats by their names. */
final class ComputeTypeConverter implements ITypeConverter<ComputeType> {

  @Override
  public ComputeType convert(String value) {
    try {
      return ComputeType.of(value);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
