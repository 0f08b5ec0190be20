package io.ennead.cli;

import io.ennead.access.Role;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

final class RoleConverter implements ITypeConverter<Role> {
  @Override
  public Role convert(String text) {
    try {
      return Role.parse(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
