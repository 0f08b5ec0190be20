package io.ennead.router.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sampling at every temperature there is. */
class TemperatureTest {
  private static final double INF = Double.POSITIVE_INFINITY;

  /** The 99.99 % point of chi-square with seven degrees of freedom. */
  private static final double CHI_SQUARE_7 = 29.88;

  @ParameterizedTest
  @ValueSource(doubles = {0.5, 1, 2, -1, -0.5, 1e5, INF, -INF})
  void frequenciesFollowTheTemperedSoftmax(double temperature) {
    float[] logits = {0.5f, -1, 2, 1.25f, 0, 1.9f, -0.3f, 0.9f};
    int draws = 100_000;
    int[] counts = new int[logits.length];
    TokenSampler sampler = sampler(temperature, 1234, logits.length);
    for (int position = 0; position < draws; position++) {
      counts[draw(sampler, logits, position)]++;
    }
    double total = 0;
    for (float logit : logits) {
      total += Math.exp(logit / temperature);
    }
    double chiSquare = 0;
    for (int id = 0; id < logits.length; id++) {
      double mean = draws * Math.exp(logits[id] / temperature) / total;
      chiSquare += (counts[id] - mean) * (counts[id] - mean) / mean;
    }
    assertThat(chiSquare).isLessThan(CHI_SQUARE_7);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.0, 1e-300, Double.MIN_VALUE})
  void zeroAndTinyTakeTheHighestLogitAndOnlyTheExactZeroBreaksTies(double temperature) {
    float[] distinct = {1, 3, 2.9999998f, -5};
    for (int position = 0; position < 100; position++) {
      assertThat(draw(sampler(temperature, 7, 4), distinct, position)).isEqualTo(1);
    }
    float[] tied = {-2, 5, 5, 1};
    TokenSampler sampler = sampler(temperature, 7, 4);
    Draw draw = sampler.draw(tied, 0, 3, Set.of());
    assertThat(draw.candidates()).isEqualTo(temperature == 0 ? 1 : 2);
    assertThat(draw.token()).isIn(temperature == 0 ? List.of(1) : List.of(1, 2));
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.0001, -1e-300, -Double.MIN_VALUE})
  void nearZeroFromBelowTakesTheLeastLikelyThatIsPossible(double temperature) {
    float[] logits = {1, -3, Float.NEGATIVE_INFINITY, -2.99f};
    for (int position = 0; position < 100; position++) {
      assertThat(draw(sampler(temperature, 7, 4), logits, position)).isEqualTo(1);
    }
  }

  @Test
  void oneIsBitIdenticalToNoTemperature() {
    for (long seed = 1; seed <= 2000; seed++) {
      Random random = new Random(seed);
      float[] logits = logits(random, 1 + random.nextInt(300));
      SamplingOptions none =
          SamplingOptions.DEFAULT
              .withTruncation(Truncation.NONE.withTopP(0.9).withTypicalP(0.8).withMinP(0.01))
              .withOrder(List.of(SamplerKind.TOP_P, SamplerKind.MIN_P, SamplerKind.TYPICAL_P));
      SamplingOptions one =
          none.withOrder(
                  List.of(
                      SamplerKind.TEMPERATURE,
                      SamplerKind.TOP_P,
                      SamplerKind.MIN_P,
                      SamplerKind.TYPICAL_P))
              .withTemperature(
                  new Temperature(5, new TemperatureSchedule.Periodic(1, 1))); // T = 1 always
      Draw without = sampler(none, seed, logits.length).draw(logits, 0, 3, Set.of());
      Draw with = sampler(one, seed, logits.length).draw(logits, 0, 3, Set.of());
      assertThat(with.temperature()).isEqualTo(1);
      assertThat(with.token()).as("seed %d", seed).isEqualTo(without.token());
      assertThat(with.candidates()).as("seed %d", seed).isEqualTo(without.candidates());
      assertThat(with.entropy()).as("seed %d", seed).isEqualTo(without.entropy());
      for (int id = 0; id < logits.length; id++) {
        assertThat(with.logProb(id)).as("seed %d", seed).isEqualTo(without.logProb(id));
      }
    }
  }

  @Test
  void bothInfinitiesDrawTheSame() {
    for (long seed = 1; seed <= 500; seed++) {
      float[] logits = logits(new Random(seed), 50);
      assertThat(draw(sampler(-INF, seed, 50), logits, 9))
          .as("seed %d", seed)
          .isEqualTo(draw(sampler(INF, seed, 50), logits, 9));
    }
  }

  @Test
  void entropyGrowsWithTheTemperatureOnEachSideOfZero() {
    double[] positive = {0, 1e-3, 0.05, 0.2, 0.5, 0.9, 1, 1.1, 2, 5, 30, 1e3, 1e5, INF};
    double[] negative = {-1e-3, -0.05, -0.2, -0.5, -0.9, -1, -1.1, -2, -5, -30, -1e3, -1e5, -INF};
    for (long seed = 1; seed <= 500; seed++) {
      Random random = new Random(seed);
      float[] logits = logits(random, 2 + random.nextInt(200));
      for (double[] temperatures : List.of(positive, negative)) {
        double before = 0;
        for (double temperature : temperatures) {
          TokenSampler sampler = sampler(temperature, seed, logits.length);
          double entropy = sampler.draw(logits, 0, 0, Set.of()).entropy();
          assertThat(entropy)
              .as("seed %d, T = %s", seed, temperature)
              .isGreaterThanOrEqualTo(before - 1e-12); // the rounding of a sum of 200
          before = entropy;
        }
        assertThat(before).as("seed %d", seed).isCloseTo(Math.log(logits.length), within(1e-12));
      }
    }
  }

  @Test
  void negativeIsThePositiveOfTheNegatedLogits() {
    for (long seed = 1; seed <= 1000; seed++) {
      float[] logits = logits(new Random(seed), 60);
      float[] negated = new float[60];
      for (int id = 0; id < 60; id++) {
        negated[id] = -logits[id];
      }
      for (double temperature : new double[] {0.01, 0.3, 1, 4}) {
        assertThat(draw(sampler(-temperature, seed, 60), logits, 5))
            .as("seed %d, T = %s", seed, temperature)
            .isEqualTo(draw(sampler(temperature, seed, 60), negated, 5));
      }
    }
  }

  @Test
  void piecesHoldFromTheirTokenOn() {
    Temperature steps =
        new Temperature(
            0.3,
            new TemperatureSchedule.Piecewise(
                List.of(
                    new TemperatureSchedule.Step(2, -1), new TemperatureSchedule.Step(4, INF))));
    assertThat(temperatures(steps, 6)).containsExactly(0.3, 0.3, -1.0, -1.0, INF, INF);
  }

  @Test
  void everyThirdTokenHasItsOwn() {
    Temperature third = new Temperature(0.3, new TemperatureSchedule.Periodic(3, 2));
    assertThat(temperatures(third, 7)).containsExactly(0.3, 0.3, 2.0, 0.3, 0.3, 2.0, 0.3);
  }

  @Test
  void entropyMovesTBetweenItsEnds() {
    Temperature dynamic = new Temperature(1, new TemperatureSchedule.ByEntropy(0.5, 1));
    assertThat(temperature(dynamic, 3, 3, 3, 3)).isCloseTo(1.5, within(1e-12));
    assertThat(temperature(dynamic, 900, 3, 3, 3)).isEqualTo(0.5);
    assertThat(temperature(dynamic, 3, Float.NEGATIVE_INFINITY)).isEqualTo(1);
    // p = 0.9 and 0.1: H / ln 2 = 0.46900, squared 0.21996.
    double evenness = -(0.9 * Math.log(0.9) + 0.1 * Math.log(0.1)) / Math.log(2);
    Temperature squared = new Temperature(1, new TemperatureSchedule.ByEntropy(2, 2));
    assertThat(temperature(squared, (float) Math.log(9), 0))
        .isCloseTo(3 * evenness * evenness, within(1e-7));
  }

  private static double[] temperatures(Temperature temperature, int count) {
    TokenSampler sampler = sampler(SamplingOptions.DEFAULT.withTemperature(temperature), 1, 2);
    double[] used = new double[count];
    for (int i = 0; i < count; i++) {
      used[i] = sampler.draw(new float[] {1, 0}, 0, 1 + i, Set.of()).temperature();
    }
    return used;
  }

  private static double temperature(Temperature temperature, float... logits) {
    return sampler(SamplingOptions.DEFAULT.withTemperature(temperature), 1, logits.length)
        .draw(logits, 0, 0, Set.of())
        .temperature();
  }

  private static int draw(TokenSampler sampler, float[] logits, int position) {
    return sampler.draw(logits, 0, position, Set.of()).token();
  }

  private static TokenSampler sampler(double temperature, long seed, int vocabulary) {
    return sampler(
        SamplingOptions.DEFAULT.withTemperature(Temperature.of(temperature)), seed, vocabulary);
  }

  private static TokenSampler sampler(SamplingOptions options, long seed, int vocabulary) {
    return new TokenSampler(options, seed, vocabulary, new int[] {0}, id -> false);
  }

  private static float[] logits(Random random, int count) {
    float[] logits = new float[count];
    for (int i = 0; i < count; i++) {
      logits[i] = (float) random.nextGaussian() * 3;
    }
    return logits;
  }
}
