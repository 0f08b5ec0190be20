package io.ennead.cli;

import io.ennead.v1.ExpertSelector;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** An expert to copy: {@code 3} of every layer, {@code 12/3} of layer 12. */
final class CopiedExpertConverter implements ITypeConverter<ExpertSelector> {
  private static final Pattern SYNTAX = Pattern.compile("(?:(\\d{1,6})/)?(\\d{1,6})");

  @Override
  public ExpertSelector convert(String value) {
    Matcher matcher = SYNTAX.matcher(value);
    if (!matcher.matches()) {
      throw new TypeConversionException(
          value + " (expected: an expert, such as 3, or LAYER/EXPERT, such as 12/3)");
    }
    ExpertSelector.Builder expert =
        ExpertSelector.newBuilder().setExpert(Integer.parseInt(matcher.group(2)));
    if (matcher.group(1) != null) {
      expert.setLayer(Integer.parseInt(matcher.group(1)));
    }
    return expert.build();
  }
}
