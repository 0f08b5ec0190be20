package io.ennead.cli;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A number of bytes: 1500000, 80GB, 24GiB. */
final class BytesConverter implements ITypeConverter<Long> {
  private static final Pattern SYNTAX = Pattern.compile("(\\d{1,15})\\s*([A-Za-z]*)");
  private static final Map<String, Long> UNITS =
      Map.of(
          "", 1L,
          "b", 1L,
          "mb", 1_000_000L,
          "gb", 1_000_000_000L,
          "mib", 1L << 20,
          "gib", 1L << 30);

  @Override
  public Long convert(String value) {
    Matcher matcher = SYNTAX.matcher(value.strip());
    Long unit = matcher.matches() ? UNITS.get(matcher.group(2).toLowerCase(Locale.ROOT)) : null;
    if (unit == null) {
      throw new TypeConversionException(value + " (expected: bytes, such as 24GiB or 80GB)");
    }
    return Math.multiplyExact(Long.parseLong(matcher.group(1)), unit);
  }
}
