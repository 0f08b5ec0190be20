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

  /** A few values only, so that ties are common. */
  private static float[] logits(Random random, int count) {
    float[] logits = new float[count];
    for (int i = 0; i < count; i++) {
      logits[i] = random.nextBoolean() ? random.nextInt(4) : (float) random.nextGaussian() * 5;
    }
    return logits;
  }
}
