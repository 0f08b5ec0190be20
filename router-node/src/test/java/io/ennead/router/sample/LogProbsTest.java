package io.ennead.router.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LogProbsTest {

  @Test
  void equalsLogSoftmaxSummedInDecimal() {
    for (long seed = 1; seed <= 50; seed++) {
      float[] logits = logits(new Random(seed), 300);
      LogProbs row = LogProbs.of(logits, 10, 290);
      BigDecimal sum = BigDecimal.ZERO;
      for (int id = 0; id < 290; id++) {
        sum = sum.add(new BigDecimal(Math.exp(logits[10 + id])), MathContext.DECIMAL128);
      }
      for (int id = 0; id < 290; id++) {
        assertThat(row.of(id))
            .as("seed %d id %d", seed, id)
            .isCloseTo(logits[10 + id] - Math.log(sum.doubleValue()), within(1e-12));
      }
    }
  }

  @Test
  void topAndRankEqualTheSortedRow() {
    for (long seed = 1; seed <= 50; seed++) {
      float[] logits = logits(new Random(seed), 100);
      LogProbs row = LogProbs.of(logits, 0, 100);
      List<Integer> sorted =
          IntStream.range(0, 100)
              .boxed()
              .sorted(
                  Comparator.<Integer>comparingDouble(id -> -(double) logits[id])
                      .thenComparing(Comparator.naturalOrder()))
              .toList();
      for (int n : new int[] {0, 1, 20, 100, 200}) {
        assertThat(row.top(n))
            .as("seed %d n %d", seed, n)
            .extracting(TokenLogProb::id)
            .isEqualTo(sorted.subList(0, Math.min(n, 100)));
      }
      for (int id = 0; id < 100; id++) {
        float own = logits[id];
        long better = IntStream.range(0, 100).filter(other -> logits[other] > own).count();
        assertThat(row.rank(id)).as("seed %d id %d", seed, id).isEqualTo((int) better);
      }
    }
  }

  @Test
  void hugeLogitsDoNotOverflow() {
    LogProbs row = LogProbs.of(new float[] {1e30f, 1e30f, -1e30f}, 0, 3);
    assertThat(row.of(0)).isCloseTo(-Math.log(2), within(1e-9 * 1e30));
    assertThat(LogProbs.of(new float[] {5000, 5000}, 0, 2).of(1))
        .isCloseTo(-Math.log(2), within(1e-12));
  }

  @Test
  void aForbiddenTokenHasProbabilityZero() {
    LogProbs row = LogProbs.of(new float[] {0, Float.NEGATIVE_INFINITY}, 0, 2);
    assertThat(row.of(1)).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(row.of(0)).isZero();
  }

  @Test
  void theLikelihoodAtAnyTemperatureEqualsTheDefinition() {
    for (long seed = 1; seed <= 50; seed++) {
      Random random = new Random(seed);
      float[] logits = logits(random, 60);
      double inverse = random.nextGaussian() * 2;
      double[] p = softmax(logits, inverse);
      double mean = IntStream.range(0, 60).mapToDouble(id -> p[id] * logits[id]).sum();
      double variance =
          IntStream.range(0, 60).mapToDouble(id -> p[id] * Math.pow(logits[id] - mean, 2)).sum();
      double entropy = -IntStream.range(0, 60).mapToDouble(id -> p[id] * Math.log(p[id])).sum();
      LogProbs row = LogitRow.of(logits, 0, 60).at(inverse);
      assertThat(row.entropy()).as("seed %d", seed).isCloseTo(entropy, within(1e-12));
      for (int id = 0; id < 60; id++) {
        Likelihood likelihood = row.likelihood(id);
        assertThat(likelihood.inverseTemperature()).isEqualTo(inverse);
        assertThat(likelihood.logLikelihood())
            .as("seed %d id %d", seed, id)
            .isCloseTo(Math.log(p[id]), within(1e-11));
        assertThat(likelihood.slope()).isCloseTo(logits[id] - mean, within(1e-11));
        assertThat(likelihood.curvature()).isCloseTo(-variance, within(1e-11));
      }
    }
  }

  /** Without any shift: the logits are small. */
  private static double[] softmax(float[] logits, double inverse) {
    double[] p = new double[logits.length];
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(inverse * logit);
    }
    for (int id = 0; id < logits.length; id++) {
      p[id] = Math.exp(inverse * logits[id]) / sum;
    }
    return p;
  }

  @Test
  void slopeAndCurvatureAreTheDerivativesOfTheLogProbability() {
    double h = 1e-4;
    for (long seed = 1; seed <= 20; seed++) {
      Random random = new Random(seed);
      LogitRow row = LogitRow.of(logits(random, 60), 0, 60);
      double b = random.nextGaussian();
      int id = random.nextInt(60);
      Likelihood at = row.at(b).likelihood(id);
      double below = row.at(b - h).of(id);
      double above = row.at(b + h).of(id);
      assertThat(at.slope()).as("seed %d", seed).isCloseTo((above - below) / (2 * h), within(1e-4));
      assertThat(at.curvature())
          .as("seed %d", seed)
          .isCloseTo((above - 2 * at.logLikelihood() + below) / (h * h), within(1e-3));
    }
  }

  @Test
  void zeroIsUniformOverTheTokensThatHaveAProbability() {
    LogProbs row = LogitRow.of(new float[] {3, Float.NEGATIVE_INFINITY, -1}, 0, 3).at(0);
    assertThat(row.of(0)).isEqualTo(-Math.log(2));
    assertThat(row.of(1)).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(row.entropy()).isEqualTo(Math.log(2));
    assertThat(row.likelihood(2)).isEqualTo(new Likelihood(0, -Math.log(2), -2, -4));
    assertThat(row.likelihood(1)).isEqualTo(new Likelihood(0, Double.NEGATIVE_INFINITY, 0, 0));
  }

  @Test
  void theLimitsAreUniformOverTheHighestAndTheLowestLogits() {
    LogitRow row = LogitRow.of(new float[] {5, 1, 5, 1, 1, Float.NEGATIVE_INFINITY}, 0, 6);
    for (double inverse : new double[] {1e300, Double.POSITIVE_INFINITY}) {
      LogProbs high = row.at(inverse);
      assertThat(high.of(0)).isEqualTo(-StrictMath.log(2));
      assertThat(high.of(1)).isLessThan(-1e300);
      assertThat(high.entropy()).isEqualTo(Math.log(2));
      assertThat(high.likelihood(2).slope()).isZero();
      assertThat(high.likelihood(1).slope()).isEqualTo(-4);
      assertThat(high.likelihood(1).curvature()).isZero();
      LogProbs low = row.at(-inverse);
      assertThat(low.of(1)).isEqualTo(-StrictMath.log(3));
      assertThat(low.likelihood(0).slope()).isEqualTo(4);
      assertThat(low.likelihood(5).slope()).isZero();
    }
  }

  @Test
  void atOneTheBitsAreThoseOfThePlainRow() {
    float[] logits = logits(new Random(1), 100);
    LogProbs plain = LogProbs.of(logits, 0, 100);
    LogProbs row = LogitRow.of(logits, 0, 100).at(1);
    for (int id = 0; id < 100; id++) {
      assertThat(row.of(id)).isEqualTo(plain.of(id));
    }
  }

  /** A few values only, so that ties are common. */
  private static float[] logits(Random random, int count) {
    float[] logits = new float[count];
    for (int i = 0; i < count; i++) {
      logits[i] = random.nextBoolean() ? random.nextInt(4) : (float) random.nextGaussian() * 5;
    }
    return logits;
  }
}
