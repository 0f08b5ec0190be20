package io.ennead.router.sample;

import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Supplier;

/** How the temperature changes along a continuation. */
public sealed interface TemperatureSchedule {

  /**
   * The temperature of a token.
   *
   * @param base {@link Temperature#value()}
   * @param index of the token among those generated, from 0
   * @param evenness entropy of the candidates at T = 1 over ln(n) of n candidates, 0 to 1; empty
   *     when only one is left
   */
  double at(double base, int index, Supplier<OptionalDouble> evenness);

  /** Whether it may give a T that inverts the distribution. */
  boolean mayInvert(double base);

  /** Refuses a base that it has no use for. */
  default void requireBase(double base) {}

  /** No schedule. */
  record Constant() implements TemperatureSchedule {
    @Override
    public double at(double base, int index, Supplier<OptionalDouble> evenness) {
      return base;
    }

    @Override
    public boolean mayInvert(double base) {
      return Temperature.inverts(base);
    }
  }

  /**
   * Dynamic temperature: T = min + (max - min) * evenness ^ exponent, where min = max(0, base -
   * range) and max = base + range. One candidate alone keeps the base. After kalomaze's dynatemp as
   * in llama.cpp (src/llama-sampler.cpp, temp-ext), in double.
   *
   * @param range at least 0, finite
   * @param exponent more than 0, finite
   */
  record ByEntropy(double range, double exponent) implements TemperatureSchedule {
    private static final String FIELD = "entropy_temperature.";

    /** Refuses values out of range. */
    public ByEntropy {
      Fields.requireFinite(range, FIELD + "range");
      Fields.require(range >= 0, FIELD + "range", range, "at least 0");
      Fields.requireFinite(exponent, FIELD + "exponent");
      Fields.require(exponent > 0, FIELD + "exponent", exponent, "more than 0");
    }

    @Override
    public double at(double base, int index, Supplier<OptionalDouble> evenness) {
      OptionalDouble even = evenness.get();
      if (even.isEmpty()) {
        return base;
      }
      double least = Math.max(0, base - range);
      return least + (base + range - least) * StrictMath.pow(even.getAsDouble(), exponent);
    }

    @Override
    public boolean mayInvert(double base) {
      return false;
    }

    @Override
    public void requireBase(double base) {
      Fields.require(
          base >= 0 && Double.isFinite(base + range),
          "temperature",
          base,
          "at least 0 and finite, with the range added too, beside entropy_temperature");
    }
  }

  /**
   * T by position; before the first step, the base.
   *
   * @param steps 1 to {@value #MAX_STEPS}, {@code from} ascending
   */
  record Piecewise(List<Step> steps) implements TemperatureSchedule {
    private static final int MAX_STEPS = 64;
    private static final String FIELD = "piecewise_temperature.steps";

    /** Refuses steps out of order. */
    public Piecewise {
      steps = List.copyOf(steps);
      Fields.require(
          !steps.isEmpty() && steps.size() <= MAX_STEPS,
          FIELD,
          steps.size() + " steps",
          "1 to " + MAX_STEPS);
      for (int i = 0; i < steps.size(); i++) {
        requireStep(steps, i);
      }
    }

    private static void requireStep(List<Step> steps, int i) {
      String field = "%s[%d].".formatted(FIELD, i);
      long least = i == 0 ? 0 : steps.get(i - 1).from() + 1L;
      int from = steps.get(i).from();
      Fields.require(from >= least, field + "from", from, "at least " + least + ", ascending");
      Fields.requireNumber(steps.get(i).temperature(), field + "temperature");
    }

    @Override
    public double at(double base, int index, Supplier<OptionalDouble> evenness) {
      double temperature = base;
      for (Step step : steps) {
        if (step.from() <= index) {
          temperature = step.temperature();
        }
      }
      return temperature;
    }

    @Override
    public boolean mayInvert(double base) {
      return (steps.get(0).from() > 0 && Temperature.inverts(base))
          || steps.stream().anyMatch(step -> Temperature.inverts(step.temperature()));
    }
  }

  /**
   * A step of a piecewise temperature.
   *
   * @param from index of the first token that it is for
   */
  record Step(int from, double temperature) {}

  /**
   * Another T at the tokens of index n - 1, 2n - 1, ...; the base at the others.
   *
   * @param every n, at least 1
   */
  record Periodic(int every, double temperature) implements TemperatureSchedule {
    private static final String FIELD = "periodic_temperature.";

    /** Refuses values out of range. */
    public Periodic {
      Fields.require(every >= 1, FIELD + "every", every, "at least 1");
      Fields.requireNumber(temperature, FIELD + "temperature");
    }

    @Override
    public double at(double base, int index, Supplier<OptionalDouble> evenness) {
      return index % every == every - 1 ? temperature : base;
    }

    @Override
    public boolean mayInvert(double base) {
      return Temperature.inverts(temperature) || (every > 1 && Temperature.inverts(base));
    }
  }
}
