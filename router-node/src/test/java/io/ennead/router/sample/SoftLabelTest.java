package io.ennead.router.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Labels against a softmax of many digits and a sort. */
class SoftLabelTest {
  private static final MathContext DIGITS = new MathContext(60);
  private static final int VOCABULARY = 200;

  @ParameterizedTest
  @ValueSource(doubles = {1, 0.5, 0.25, 8, 1e-3, -0.5})
  void labelsAreThoseOfASoftmaxOfManyDigits(double inverse) {
    long seed = Double.doubleToLongBits(inverse);
    float[] logits = logits(seed);
    double[] expected = softmax(logits, inverse);
    int[] order = order(expected);
    for (int top : new int[] {1, 7, VOCABULARY, VOCABULARY + 1}) {
      SoftLabel label = SoftLabel.top(at(logits, inverse), top);
      int count = Math.min(top, VOCABULARY);
      assertThat(label.ids()).as("seed %d", seed).isEqualTo(Arrays.copyOf(order, count));
      double rest = 0;
      for (int i = 0; i < VOCABULARY; i++) {
        if (i < count) {
          assertThat((double) label.probabilities()[i])
              .isCloseTo(expected[order[i]], ulps(expected[order[i]]));
        } else {
          rest += expected[order[i]];
        }
      }
      assertThat((double) label.remaining()).isCloseTo(rest, ulps(rest));
      assertThat(sum(label)).isCloseTo(1, within(1e-5));
    }
    float[] whole = SoftLabel.whole(at(logits, inverse)).probabilities();
    for (int id = 0; id < VOCABULARY; id++) {
      assertThat((double) whole[id]).isCloseTo(expected[id], ulps(expected[id]));
    }
  }

  @Test
  void theRemainingMassKeepsItsDigitsWhereTheTopHasNearlyAll() {
    float[] logits = new float[1000];
    logits[3] = 40;
    SoftLabel label = SoftLabel.top(at(logits, 1), 1);
    assertThat(label.probabilities()[0]).isEqualTo(1f);
    double expected = 999 * Math.exp(-40);
    assertThat((double) label.remaining()).isCloseTo(expected, ulps(expected));
  }

  @Test
  void tiesGoToTheLowerId() {
    float[] logits = {1, 2, 1, 2, 0, 2};
    assertThat(SoftLabel.top(at(logits, 1), 4).ids()).containsExactly(1, 3, 5, 0);
    assertThat(SoftLabel.top(at(logits, -1), 4).ids()).containsExactly(4, 0, 2, 1);
    assertThat(SoftLabel.top(at(logits, 0), 4).ids()).containsExactly(0, 1, 2, 3);
  }

  @Test
  void limitsOfTheTemperatureAreExact() {
    float[] logits = {1, 2, 1, 2, Float.NEGATIVE_INFINITY};
    assertThat(SoftLabel.whole(at(logits, Double.POSITIVE_INFINITY)).probabilities())
        .containsExactly(0, 0.5f, 0, 0.5f, 0);
    assertThat(SoftLabel.whole(at(logits, Double.NEGATIVE_INFINITY)).probabilities())
        .containsExactly(0.5f, 0, 0.5f, 0, 0);
    assertThat(SoftLabel.whole(at(logits, 0)).probabilities())
        .containsExactly(0.25f, 0.25f, 0.25f, 0.25f, 0);
    assertThat(SoftLabel.top(at(logits, -1), 5).ids()).containsExactly(0, 2, 1, 3, 4);
  }

  private static LogProbs at(float[] logits, double inverse) {
    return LogitRow.of(logits, 0, logits.length).at(inverse);
  }

  private static float[] logits(long seed) {
    Random random = new Random(seed);
    float[] logits = new float[VOCABULARY];
    for (int id = 0; id < VOCABULARY; id++) {
      logits[id] = Math.round(random.nextGaussian() * 400) / 100f; // some are equal
    }
    return logits;
  }

  private static double[] softmax(float[] logits, double inverse) {
    List<BigDecimal> weights =
        IntStream.range(0, logits.length)
            .mapToObj(id -> exp(new BigDecimal(logits[id]).multiply(new BigDecimal(inverse))))
            .toList();
    BigDecimal sum = weights.stream().reduce(BigDecimal.ZERO, BigDecimal::add);
    return weights.stream().mapToDouble(w -> w.divide(sum, DIGITS).doubleValue()).toArray();
  }

  /** (sum of (x / 2^10)^n / n!)^(2^10). */
  private static BigDecimal exp(BigDecimal x) {
    BigDecimal small = x.divide(new BigDecimal(1024), DIGITS);
    BigDecimal term = BigDecimal.ONE;
    BigDecimal sum = BigDecimal.ONE;
    for (int n = 1; n < 40; n++) {
      term = term.multiply(small, DIGITS).divide(new BigDecimal(n), DIGITS);
      sum = sum.add(term, DIGITS);
    }
    return sum.pow(1024, DIGITS);
  }

  private static int[] order(double[] probabilities) {
    return IntStream.range(0, probabilities.length)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer id) -> -probabilities[id]))
        .mapToInt(id -> id)
        .toArray();
  }

  private static org.assertj.core.data.Offset<Double> ulps(double value) {
    return within((double) Math.ulp((float) value));
  }

  private static double sum(SoftLabel label) {
    double sum = label.remaining();
    for (float probability : label.probabilities()) {
      sum += probability;
    }
    return sum;
  }
}
