package io.ennead.cli;

import picocli.CommandLine.ITypeConverter;

/** Numbers of things of which there must be one. */
final class CountConverter implements ITypeConverter<Integer> {

  @Override
  public Integer convert(String value) {
    return Whole.parse(value, 1);
  }
}
