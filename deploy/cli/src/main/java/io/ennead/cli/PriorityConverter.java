package io.ennead.cli;

import io.ennead.access.Priority;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

final class PriorityConverter implements ITypeConverter<Priority> {
  @Override
  public Priority convert(String text) {
    try {
      return Priority.parse(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
