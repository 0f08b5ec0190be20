package io.ennead.cli;

import picocli.CommandLine.ITypeConverter;

/** Places in a row, the first of which is 0. */
final class IndexConverter implements ITypeConverter<Integer> {

  @Override
  public Integer convert(String value) {
    return Whole.parse(value, 0);
  }
}
