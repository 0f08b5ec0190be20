package io.ennead.cli;

import io.ennead.errors.ServingException;
import io.ennead.expert.pack.PackId;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A pack: {@code NAME} in version 1, or {@code NAME@VERSION}. */
final class PackIdConverter implements ITypeConverter<PackId> {

  @Override
  public PackId convert(String value) {
    int at = value.indexOf('@');
    try {
      return at < 0
          ? new PackId(value, "1")
          : new PackId(value.substring(0, at), value.substring(at + 1));
    } catch (ServingException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
