package io.ennead.cli;

import io.ennead.v1.ExcludedExpert;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Experts that are not to be chosen: {@code 3} at every layer, {@code 12:3} at layer 12. */
final class ExcludedExpertConverter implements ITypeConverter<ExcludedExpert> {
  private static final Pattern SYNTAX = Pattern.compile("(?:(\\d{1,6}):)?(\\d{1,6})");

  @Override
  public ExcludedExpert convert(String value) {
    Matcher matcher = SYNTAX.matcher(value);
    if (!matcher.matches()) {
      throw new TypeConversionException(
          value + " (expected: an expert, such as 3, or a layer's, such as 12:3)");
    }
    ExcludedExpert.Builder excluded =
        ExcludedExpert.newBuilder().setExpert(Integer.parseInt(matcher.group(2)));
    if (matcher.group(1) != null) {
      excluded.setLayer(Integer.parseInt(matcher.group(1)));
    }
    return excluded.build();
  }
}
