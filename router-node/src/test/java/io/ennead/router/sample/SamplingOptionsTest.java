package io.ennead.router.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.errors.ServingException;
import io.ennead.router.sample.TemperatureSchedule.ByEntropy;
import io.ennead.router.sample.TemperatureSchedule.Periodic;
import io.ennead.router.sample.TemperatureSchedule.Piecewise;
import io.ennead.router.sample.TemperatureSchedule.Step;
import io.ennead.router.sample.Truncation.Xtc;
import io.ennead.v1.ErrorReason;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every value without meaning is refused by its field, with the value and what was expected. */
class SamplingOptionsTest {
  private static final double NAN = Double.NaN;
  private static final double INF = Double.POSITIVE_INFINITY;
  private static final SamplingOptions DEFAULT = SamplingOptions.DEFAULT;
  private static final Truncation NONE = Truncation.NONE;

  static Stream<Arguments> singleValues() {
    return Stream.of(
        refused(() -> Temperature.of(NAN), "temperature: NaN (expected: a number, infinity"),
        refused(() -> NONE.withTopK(-1), "top_k: -1 (expected: at least 0)"),
        refused(() -> NONE.withTopP(0), "top_p: 0.0 (expected: more than 0, at most 1)"),
        refused(() -> NONE.withTopP(1.01), "top_p: 1.01"),
        refused(() -> NONE.withTopP(NAN), "top_p: NaN"),
        refused(() -> NONE.withMinP(-0.1), "min_p: -0.1 (expected: 0 to 1)"),
        refused(() -> NONE.withMinP(1.1), "min_p: 1.1"),
        refused(() -> NONE.withMinP(NAN), "min_p: NaN"),
        refused(() -> NONE.withTypicalP(0), "typical_p: 0.0 (expected: more than 0, at most 1)"),
        refused(() -> NONE.withTypicalP(2), "typical_p: 2.0"),
        refused(() -> NONE.withTypicalP(NAN), "typical_p: NaN"),
        refused(() -> NONE.withTopNSigma(-1), "top_n_sigma: -1.0 (expected: at least 0)"),
        refused(() -> NONE.withTopNSigma(NAN), "top_n_sigma: NaN"),
        refused(() -> new Xtc(-0.1, 0.1), "xtc.probability: -0.1 (expected: 0 to 1)"),
        refused(() -> new Xtc(1.1, 0.1), "xtc.probability: 1.1"),
        refused(() -> new Xtc(NAN, 0.1), "xtc.probability: NaN"),
        refused(() -> new Xtc(1, 0), "xtc.threshold: 0.0 (expected: more than 0, at most 1)"),
        refused(() -> new Xtc(1, 1.1), "xtc.threshold: 1.1"),
        refused(() -> new Xtc(1, NAN), "xtc.threshold: NaN"),
        refused(() -> new Mirostat(0, 0.1), "mirostat.tau: 0.0 (expected: more than 0)"),
        refused(() -> new Mirostat(NAN, 0.1), "mirostat.tau: NaN (expected: a finite number)"),
        refused(() -> new Mirostat(INF, 0.1), "mirostat.tau: Infinity"),
        refused(() -> new Mirostat(5, 0), "mirostat.eta: 0.0 (expected: more than 0, at most 1)"),
        refused(() -> new Mirostat(5, 1.1), "mirostat.eta: 1.1"),
        refused(() -> new Mirostat(5, NAN), "mirostat.eta: NaN"),
        refused(() -> new Penalties(0, 0, 0, 0), "repetition_penalty: 0.0 (expected: more than 0)"),
        refused(() -> new Penalties(NAN, 0, 0, 0), "repetition_penalty: NaN"),
        refused(() -> new Penalties(INF, 0, 0, 0), "repetition_penalty: Infinity"),
        refused(() -> new Penalties(1, 2.1, 0, 0), "frequency_penalty: 2.1 (expected: -2 to 2)"),
        refused(() -> new Penalties(1, NAN, 0, 0), "frequency_penalty: NaN"),
        refused(() -> new Penalties(1, 0, -2.1, 0), "presence_penalty: -2.1 (expected: -2 to 2)"),
        refused(() -> new Penalties(1, 0, NAN, 0), "presence_penalty: NaN"),
        refused(() -> new Penalties(1, 0, 0, -1), "penalty_last_n: -1 (expected: at least 0)"),
        refused(() -> dry(-1, 2, 2, 0), "dry.multiplier: -1.0 (expected: at least 0)"),
        refused(() -> dry(NAN, 2, 2, 0), "dry.multiplier: NaN"),
        refused(() -> dry(INF, 2, 2, 0), "dry.multiplier: Infinity"),
        refused(() -> dry(1, 0.9, 2, 0), "dry.base: 0.9 (expected: at least 1)"),
        refused(() -> dry(1, NAN, 2, 0), "dry.base: NaN"),
        refused(() -> dry(1, 2, 0, 0), "dry.allowed_length: 0 (expected: 1 to 50)"),
        refused(() -> dry(1, 2, 51, 0), "dry.allowed_length: 51"),
        refused(() -> dry(1, 2, 2, -1), "dry.last_n: -1 (expected: at least 0)"),
        refused(
            () -> new Dry(1, 2, 2, 0, List.of("a", "")),
            "dry.breakers.texts[1]: \"\" (expected: a text that is not empty)"),
        refused(
            () -> new Dry(1, 2, 2, 0, Collections.nCopies(17, "a")),
            "dry.breakers.texts: 17 texts (expected: at most 16)"),
        refused(() -> biased(3, NAN), "logit_bias[3]: NaN (expected: a finite number or -inf"),
        refused(() -> biased(3, INF), "logit_bias[3]: Infinity"),
        refused(
            SamplingOptionsTest::manyBiases, "logit_bias: 1025 entries (expected: at most 1024)"),
        refused(() -> new ByEntropy(-1, 1), "entropy_temperature.range: -1.0 (expected: at least"),
        refused(() -> new ByEntropy(NAN, 1), "entropy_temperature.range: NaN"),
        refused(() -> new ByEntropy(INF, 1), "entropy_temperature.range: Infinity"),
        refused(() -> new ByEntropy(1, 0), "entropy_temperature.exponent: 0.0 (expected: more"),
        refused(() -> new ByEntropy(1, NAN), "entropy_temperature.exponent: NaN"),
        refused(
            () -> new Temperature(-1, new ByEntropy(1, 1)),
            "temperature: -1.0 (expected: at least 0 and finite, with the range added too, beside"),
        refused(() -> new Temperature(INF, new ByEntropy(1, 1)), "temperature: Infinity"),
        refused(() -> new Temperature(1e308, new ByEntropy(1e308, 1)), "temperature: 1.0E308"),
        refused(
            () -> new Piecewise(List.of()),
            "piecewise_temperature.steps: 0 steps (expected: 1 to 64)"),
        refused(
            () -> new Piecewise(Collections.nCopies(65, new Step(0, 1))),
            "piecewise_temperature.steps: 65 steps"),
        refused(
            () -> new Piecewise(List.of(new Step(3, 1), new Step(3, 2))),
            "piecewise_temperature.steps[1].from: 3 (expected: at least 4, ascending)"),
        refused(
            () -> new Piecewise(List.of(new Step(3, NAN))),
            "piecewise_temperature.steps[0].temperature: NaN"),
        refused(() -> new Periodic(0, 1), "periodic_temperature.every: 0 (expected: at least 1)"),
        refused(() -> new Periodic(2, NAN), "periodic_temperature.temperature: NaN"));
  }

  @ParameterizedTest
  @MethodSource("singleValues")
  void aValueWithoutMeaningIsRefused(ThrowingCallable construction, String message) {
    assertRefused(construction, message);
  }

  @Test
  void anOrderIsRefusedWhenItIsNone() {
    assertRefused(
        () -> DEFAULT.withOrder(List.of(SamplerKind.TOP_K, SamplerKind.TOP_K)),
        "order: [TOP_K, TOP_K] (expected: each sampler at most once)");
    assertRefused(
        () -> SamplingOptions.of(1, 0, 0.9, 0).withOrder(List.of(SamplerKind.TOP_K)),
        "order: [TOP_K] (expected: TOP_P too, for top_p is set)");
    assertRefused(
        () -> SamplingOptions.of(0.5, 0, 1, 0).withOrder(List.of(SamplerKind.TOP_K)),
        "order: [TOP_K] (expected: TEMPERATURE too, for temperature is set)");
    assertRefused(
        () ->
            DEFAULT
                .withTemperature(new Temperature(1, new Periodic(3, 2)))
                .withOrder(List.of(SamplerKind.TOP_K)),
        "order: [TOP_K] (expected: TEMPERATURE too");
    for (SamplerKind kind : truncations()) {
      assertRefused(
          () -> DEFAULT.withTruncation(only(kind)).withOrder(List.of(SamplerKind.TEMPERATURE)),
          "order: [TEMPERATURE] (expected: %s too".formatted(kind));
    }
  }

  @Test
  void whatIsOffNeedsNoPlaceInTheOrder() {
    List<SamplerKind> order = List.of(SamplerKind.XTC);
    assertThat(DEFAULT.withOrder(order).order()).isEqualTo(order);
    assertThat(DEFAULT.withOrder(List.of()).order()).isEqualTo(SamplerKind.DEFAULT_ORDER);
  }

  @Test
  void aNegativeTemperatureRefusesEveryTruncationBehindItAndMirostat() {
    List<Temperature> negative =
        List.of(
            Temperature.of(-1),
            new Temperature(1, new Piecewise(List.of(new Step(5, 2), new Step(9, -1)))),
            new Temperature(-1, new Piecewise(List.of(new Step(5, 2)))),
            new Temperature(1, new Periodic(2, -1)),
            new Temperature(-1, new Periodic(2, 1)));
    for (Temperature temperature : negative) {
      for (SamplerKind kind : truncations()) {
        Truncation truncation = only(kind);
        assertRefused(
            () ->
                DEFAULT
                    .withTruncation(truncation)
                    .withOrder(List.of(SamplerKind.TEMPERATURE, kind))
                    .withTemperature(temperature),
            kind.field() + ": ");
        SamplingOptions before =
            DEFAULT
                .withTruncation(truncation)
                .withOrder(List.of(kind, SamplerKind.TEMPERATURE))
                .withTemperature(temperature);
        assertThat(before.temperature()).isEqualTo(temperature);
      }
      assertRefused(
          () -> DEFAULT.withMirostat(new Mirostat(5, 0.1)).withTemperature(temperature),
          "mirostat: Mirostat[tau=5.0, eta=0.1] (expected: absent beside a negative temperature");
    }
  }

  @Test
  void temperaturesThatNeverInvertRefuseNothing() {
    List<Temperature> harmless =
        List.of(
            Temperature.of(-0.0),
            Temperature.of(Double.NEGATIVE_INFINITY),
            new Temperature(-1, new Piecewise(List.of(new Step(0, 2)))),
            new Temperature(-1, new Periodic(1, 2)));
    for (Temperature temperature : harmless) {
      assertThat(
              DEFAULT.withTruncation(NONE.withTopP(0.5)).withTemperature(temperature).temperature())
          .isEqualTo(temperature);
    }
  }

  @Test
  void mirostatRefusesEveryTruncation() {
    for (SamplerKind kind : truncations()) {
      assertRefused(
          () -> DEFAULT.withMirostat(new Mirostat(5, 0.1)).withTruncation(only(kind)),
          kind.field() + ": ");
    }
  }

  private static List<SamplerKind> truncations() {
    return Stream.of(SamplerKind.values()).filter(k -> k != SamplerKind.TEMPERATURE).toList();
  }

  private static Truncation only(SamplerKind kind) {
    Truncation all = new Truncation(3, 0.5, 0.5, 0.5, 1, Optional.of(new Xtc(0.5, 0.1)));
    for (SamplerKind other : SamplerKind.values()) {
      all = other == kind ? all : all.without(other);
    }
    return all;
  }

  private static Dry dry(double multiplier, double base, int allowed, int lastN) {
    return new Dry(multiplier, base, allowed, lastN, List.of());
  }

  private static TokenConstraints biased(int id, double bias) {
    return new TokenConstraints(Map.of(id, bias), Set.of(), List.of());
  }

  private static void manyBiases() {
    Map<Integer, Double> bias = new HashMap<>();
    for (int id = 0; id <= 1024; id++) {
      bias.put(id, 1.0);
    }
    new TokenConstraints(bias, Set.of(), List.of());
  }

  private static Arguments refused(ThrowingCallable construction, String message) {
    return Arguments.of(construction, message);
  }

  private static void assertRefused(ThrowingCallable construction, String message) {
    assertThatThrownBy(construction)
        .as(message)
        .isInstanceOfSatisfying(
            ServingException.class,
            e -> {
              assertThat(e).hasMessageStartingWith("sampling." + message);
              assertThat(e.reason()).isEqualTo(ErrorReason.ERROR_REASON_INVALID_FIELD);
              assertThat(e.metadata())
                  .containsEntry(
                      "field", "sampling." + message.substring(0, message.indexOf(": ")));
            });
  }
}
