package io.ennead.cli;

import io.ennead.v1.Dry;
import io.ennead.v1.EntropyTemperature;
import io.ennead.v1.Mirostat;
import io.ennead.v1.PeriodicTemperature;
import io.ennead.v1.PiecewiseTemperature;
import io.ennead.v1.Sampler;
import io.ennead.v1.TemperatureStep;
import io.ennead.v1.Xtc;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Values of sampling flags: numbers with commas between them, and the like. */
final class SamplingConverters {
  private SamplingConverters() {}

  /** P,T. */
  static final class ToXtc implements ITypeConverter<Xtc> {
    @Override
    public Xtc convert(String value) {
      List<Double> numbers = numbers(value, 2, 2, "P,T");
      return Xtc.newBuilder().setProbability(numbers.get(0)).setThreshold(numbers.get(1)).build();
    }
  }

  /** Nothing, TAU or TAU,ETA. */
  static final class ToMirostat implements ITypeConverter<Mirostat> {
    @Override
    public Mirostat convert(String value) {
      Mirostat.Builder mirostat = Mirostat.newBuilder();
      if (value.isEmpty()) {
        return mirostat.build();
      }
      List<Double> numbers = numbers(value, 1, 2, "TAU or TAU,ETA");
      mirostat.setTau(numbers.get(0));
      if (numbers.size() > 1) {
        mirostat.setEta(numbers.get(1));
      }
      return mirostat.build();
    }
  }

  /** MULT, MULT,BASE or MULT,BASE,LEN. */
  static final class ToDry implements ITypeConverter<Dry> {
    @Override
    public Dry convert(String value) {
      String[] parts = value.split(",", -1);
      Dry.Builder dry = Dry.newBuilder();
      if (parts.length > 2) {
        dry.setAllowedLength(whole(parts[2]));
        parts = Arrays.copyOf(parts, 2);
      }
      List<Double> numbers =
          numbers(String.join(",", parts), 1, 2, "MULT, MULT,BASE or MULT,BASE,LEN");
      dry.setMultiplier(numbers.get(0));
      if (numbers.size() > 1) {
        dry.setBase(numbers.get(1));
      }
      return dry.build();
    }
  }

  /** RANGE or RANGE,EXP. */
  static final class ToEntropyTemperature implements ITypeConverter<EntropyTemperature> {
    @Override
    public EntropyTemperature convert(String value) {
      List<Double> numbers = numbers(value, 1, 2, "RANGE or RANGE,EXP");
      EntropyTemperature.Builder entropy = EntropyTemperature.newBuilder().setRange(numbers.get(0));
      if (numbers.size() > 1) {
        entropy.setExponent(numbers.get(1));
      }
      return entropy.build();
    }
  }

  /** FROM=T,... */
  static final class ToSteps implements ITypeConverter<PiecewiseTemperature> {
    @Override
    public PiecewiseTemperature convert(String value) {
      PiecewiseTemperature.Builder steps = PiecewiseTemperature.newBuilder();
      for (String step : value.split(",", -1)) {
        String[] sides = sides(step, "FROM=T,...");
        steps.addSteps(
            TemperatureStep.newBuilder()
                .setFrom(whole(sides[0]))
                .setTemperature(new TemperatureConverter().convert(sides[1])));
      }
      return steps.build();
    }
  }

  /** N=T. */
  static final class ToPeriod implements ITypeConverter<PeriodicTemperature> {
    @Override
    public PeriodicTemperature convert(String value) {
      String[] sides = sides(value, "N=T");
      return PeriodicTemperature.newBuilder()
          .setEvery(whole(sides[0]))
          .setTemperature(new TemperatureConverter().convert(sides[1]))
          .build();
    }
  }

  /** A sampler by the name of its field. */
  static final class ToSampler implements ITypeConverter<Sampler> {
    @Override
    public Sampler convert(String value) {
      String name = value.strip().toUpperCase(Locale.ROOT).replace('-', '_');
      return Arrays.stream(Sampler.values())
          .filter(sampler -> sampler.name().equals("SAMPLER_" + name))
          .findFirst()
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      value
                          + " (expected: top_n_sigma, temperature, top_k, typical_p, top_p, min_p"
                          + " or xtc)"));
    }
  }

  /** An unsigned number. */
  static final class ToTokenId implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String value) {
      return whole(value);
    }
  }

  private static List<Double> numbers(String value, int least, int most, String expected) {
    String[] parts = value.split(",", -1);
    if (parts.length < least || parts.length > most) {
      throw new TypeConversionException("%s (expected: %s)".formatted(value, expected));
    }
    return Arrays.stream(parts).map(new TemperatureConverter()::convert).toList();
  }

  private static String[] sides(String value, String expected) {
    String[] sides = value.split("=", -1);
    if (sides.length != 2) {
      throw new TypeConversionException("%s (expected: %s)".formatted(value, expected));
    }
    return sides;
  }

  private static int whole(String value) {
    try {
      return Integer.parseUnsignedInt(value);
    } catch (NumberFormatException e) {
      throw new TypeConversionException("%s (expected: a whole number)".formatted(value));
    }
  }
}
