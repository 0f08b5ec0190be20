package io.ennead.router.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ennead.errors.ServingException;
import io.ennead.router.sample.Likelihood;
import io.ennead.router.score.SlowFit.Place;
import io.ennead.router.score.SlowFit.Solved;
import io.ennead.router.score.TemperatureFit.Result;
import io.ennead.v1.ErrorReason;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TemperatureSolverTest {

  @Test
  void equalsBisectionOnRandomTexts() {
    int found = 0;
    for (long seed = 1; seed <= 300; seed++) {
      Random random = new Random(seed);
      double inverse = 3 * random.nextGaussian();
      double scale = Math.exp(random.nextGaussian());
      SlowFit text =
          SlowFit.drawn(random, 1 + random.nextInt(60), 2 + random.nextInt(40), scale, inverse);
      TemperatureFit fit = text.solved().fit();
      if (fit.result() == Result.FOUND) {
        found++;
        double expected = text.bisected(-2000, 2000);
        assertThat(fit.inverseTemperature())
            .as("seed %d", seed)
            .isCloseTo(expected, within(Math.max(1e-9 * Math.abs(expected), 1e-12)));
        assertThat(fit.logLikelihood())
            .as("seed %d", seed)
            .isCloseTo(text.at(expected).logLikelihood(), within(1e-9));
        assertThat(fit.standardError())
            .as("seed %d", seed)
            .isCloseTo(
                1 / Math.sqrt(-text.at(expected).curvature()), within(1e-4 * fit.standardError()));
      }
    }
    assertThat(found).isGreaterThan(250);
  }

  @Test
  void twoTokensHaveTheLogitOfTheirShareOverTheirGap() {
    for (long seed = 1; seed <= 100; seed++) {
      Random random = new Random(seed);
      float gap = (float) Math.exp(3 * random.nextGaussian());
      int high = 1 + random.nextInt(99);
      SlowFit text = twoTokens(gap, high, 100 - high);
      double expected = Math.log(high / (100.0 - high)) / gap;
      TemperatureFit fit = text.solved().fit();
      assertThat(fit.inverseTemperature())
          .as("seed %d", seed)
          .isCloseTo(expected, within(Math.max(2e-9 * Math.abs(expected), 1e-12)));
    }
  }

  private static SlowFit twoTokens(float gap, int high, int low) {
    List<Place> places = new ArrayList<>();
    IntStream.range(0, high).forEach(i -> places.add(new Place(new float[] {gap, 0}, 0)));
    IntStream.range(0, low).forEach(i -> places.add(new Place(new float[] {gap, 0}, 1)));
    return new SlowFit(places);
  }

  @Test
  void halfAndHalfIsInfiniteTemperature() {
    TemperatureFit fit = twoTokens(3, 50, 50).solved().fit();
    assertThat(fit.result()).isEqualTo(Result.FOUND);
    assertThat(fit.inverseTemperature()).isZero();
    assertThat(fit.temperature()).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(fit.logLikelihood()).isCloseTo(-100 * Math.log(2), within(1e-9));
    assertThat(fit.standardError()).isCloseTo(1 / Math.sqrt(100 * 9 / 4.0), within(1e-9));
  }

  @Test
  void onlyArgmaxesAreZeroWithTiesAndOnlyArgminsNegativeZero() {
    Place top = new Place(new float[] {1, 5, 5}, 2);
    Place bottom = new Place(new float[] {1, 1, 5}, 1);
    assertThat(new SlowFit(List.of(top, top)).solved())
        .isEqualTo(new Solved(TemperatureFit.without(Result.ZERO), 1));
    assertThat(new SlowFit(List.of(bottom, bottom)).solved())
        .isEqualTo(new Solved(TemperatureFit.without(Result.NEGATIVE_ZERO), 1));
    assertThat(new SlowFit(List.of(top, bottom)).solved().fit().result()).isEqualTo(Result.FOUND);
  }

  @Test
  void aTokenThatNearlyTiesIsNotTheArgmax() {
    Place nearly = new Place(new float[] {5, Math.nextDown(5f), -20}, 1);
    TemperatureFit fit = new SlowFit(List.of(nearly)).solved().fit();
    assertThat(fit.result()).isEqualTo(Result.FOUND);
    assertThat(fit.inverseTemperature())
        .isCloseTo(new SlowFit(List.of(nearly)).bisected(0, 10), within(1e-9));
  }

  @Test
  void flatLogitsAndNoTokensAreNotIdentifiable() {
    Place flat = new Place(new float[] {2, 2, 2}, 1);
    assertThat(new SlowFit(List.of(flat, flat)).solved().fit().result())
        .isEqualTo(Result.NOT_IDENTIFIABLE);
    assertThat(new SlowFit(List.of()).solved().fit().result()).isEqualTo(Result.NOT_IDENTIFIABLE);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.05, 0.2, 0.5, 0.7, 1, 1.4, 2, 10, -1, -0.3})
  void drawsAtATemperatureGiveItBack(double temperature) {
    int covered = 0;
    for (long seed = 1; seed <= 100; seed++) {
      SlowFit text = SlowFit.drawn(new Random(seed), 200, 20, 2, 1 / temperature);
      Solved solved = text.solved();
      TemperatureFit fit = solved.fit();
      double error = Math.abs(fit.inverseTemperature() - 1 / temperature);
      covered += error <= 1.96 * fit.standardError() ? 1 : 0;
      assertThat(error).as("seed %d", seed).isLessThan(5 * fit.standardError());
    }
    assertThat(covered).as("of 100 intervals at 95 %%, seeds 1 to 100").isBetween(87, 100);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.5, 0.7, 1, 1.4, 2})
  void fourRoundsAreEnoughForUsualTexts(double temperature) {
    for (long seed = 1; seed <= 20; seed++) {
      SlowFit text = SlowFit.drawn(new Random(seed), 200, 200, 3, 1 / temperature);
      assertThat(text.solved().rounds()).as("seed %d", seed).isLessThanOrEqualTo(4);
    }
  }

  @Test
  void anyOtherEvaluationsAreWelcome() {
    SlowFit text = SlowFit.drawn(new Random(3), 100, 20, 2, 0.8);
    TemperatureFit expected = text.solved().fit();
    TemperatureSolver solver = new TemperatureSolver();
    while (solver.fit().isEmpty()) {
      List<Likelihood> evaluations = new ArrayList<>();
      List.of(-0.0, 0.7, 0.9, -3.0, 50.0).forEach(b -> evaluations.add(text.at(b)));
      solver.wanted().forEach(b -> evaluations.add(text.at(b)));
      solver.accept(evaluations);
    }
    assertThat(solver.fit().get().inverseTemperature())
        .isCloseTo(expected.inverseTemperature(), within(2e-9));
  }

  @Test
  void evaluationsOfNoConcaveFunctionEndTyped() {
    TemperatureSolver solver = new TemperatureSolver();
    assertThatThrownBy(
            () -> {
              while (solver.fit().isEmpty()) {
                solver.accept(
                    solver.wanted().stream()
                        .map(b -> new Likelihood(b, 0, b < 1e300 ? 1 : -1, 0))
                        .toList());
              }
            })
        .isInstanceOfSatisfying(
            ServingException.class,
            e -> assertThat(e.reason()).isEqualTo(ErrorReason.ERROR_REASON_ENGINE_FAILURE));
  }
}
