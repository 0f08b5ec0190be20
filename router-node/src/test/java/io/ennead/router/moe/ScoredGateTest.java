package io.ennead.router.moe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.errors.ServingException;
import io.ennead.v1.ErrorReason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScoredGateTest {
  private static final double[] TEMPERATURES = {
    0, 0.1, 0.5, 1, 2, 1e6, Double.POSITIVE_INFINITY, -1, -0.5, Double.NEGATIVE_INFINITY
  };

  @ParameterizedTest
  @ValueSource(ints = {8, 12, 64, 128})
  void equalsTheFormulaInDoublePrecision(int experts) {
    for (long seed = 1; seed <= 20; seed++) {
      for (int k = 1; k <= 8; k++) {
        Gate gate = ScoredGate.softmax(experts, k);
        float[] logits = logits(new Random(seed), 7, experts);
        for (double t : TEMPERATURES) {
          Routing routing = gate.route(0, logits, RoutedRows.of(7, at(t)));
          for (int row = 0; row < 7; row++) {
            String where =
                "seed %d experts %d k %d T %s row %d".formatted(seed, experts, k, t, row);
            assertRowEqualsOracle(routing, row, logits, experts, k, t, where);
          }
        }
      }
    }
  }

  @Test
  void equalsSoftmaxTopKRenormaliseInFloat() {
    Random random = new Random(5);
    Gate gate = ScoredGate.softmax(8, 2);
    for (int round = 0; round < 200; round++) {
      float[] logits = logits(random, 1, 8);
      Routing routing = gate.route(0, logits, RoutedRows.of(1, RoutingOptions.DEFAULT));
      float sum = 0;
      float[] p = new float[8];
      for (int i = 0; i < 8; i++) {
        p[i] = (float) Math.exp(logits[i]);
        sum += p[i];
      }
      float first = p[routing.experts()[0]] / sum;
      float second = p[routing.experts()[1]] / sum;
      assertThat(routing.weights()[0]).isCloseTo(first / (first + second), within(2e-7f));
      assertThat(routing.weights()[1]).isCloseTo(second / (first + second), within(2e-7f));
    }
  }

  @Test
  void batchEqualsRowByRowBitForBitWhateverTheNeighboursAskFor() {
    for (long seed = 1; seed <= 50; seed++) {
      Random random = new Random(seed);
      Gate gate = ScoredGate.softmax(12, 2);
      float[] logits = logits(random, 9, 12);
      List<RoutingOptions> options = new ArrayList<>();
      for (int row = 0; row < 9; row++) {
        options.add(randomOptions(random));
      }
      Routing batch =
          gate.route(0, logits, new RoutedRows(options, IntStream.range(0, 9).toArray()));
      for (int row = 0; row < 9; row++) {
        float[] own = Arrays.copyOfRange(logits, row * 12, (row + 1) * 12);
        Routing alone = gate.route(0, own, RoutedRows.of(1, options.get(row)));
        assertThat(batch.slice(row, row + 1, alone.expertsPerRow()))
            .as("seed %d row %d", seed, row)
            .isEqualTo(alone);
        for (int place = alone.expertsPerRow(); place < batch.expertsPerRow(); place++) {
          assertThat(batch.weights()[row * batch.expertsPerRow() + place]).isZero();
        }
        assertThat(IntStream.of(idsOf(batch, row)).distinct().count())
            .isEqualTo(batch.expertsPerRow());
      }
    }
  }

  @Test
  void zeroTemperatureIsOneHotOnTheTopExpertAndTiesGoToTheLowerId() {
    Gate gate = ScoredGate.softmax(4, 2);
    Routing routing = gate.route(0, new float[] {1, 3, 3, 2}, RoutedRows.of(1, at(0)));
    assertThat(routing.experts()).containsExactly(1, 2);
    assertThat(routing.weights()).containsExactly(1f, 0f);
  }

  @Test
  void negativeTemperatureChoosesTheLowestAndTiesGoToTheLowerId() {
    Gate gate = ScoredGate.softmax(4, 2);
    Routing routing = gate.route(0, new float[] {1, 0, 0, 2}, RoutedRows.of(1, at(-1)));
    assertThat(routing.experts()).containsExactly(1, 2);
    assertThat(routing.weights()).containsExactly(0.5f, 0.5f);
  }

  @Test
  void temperatureOneHasTheBitsOfNone() {
    Gate gate = ScoredGate.softmax(8, 2);
    float[] logits = logits(new Random(3), 100, 8);
    assertThat(gate.route(0, logits, RoutedRows.of(100, at(1))))
        .isEqualTo(gate.route(0, logits, RoutedRows.of(100, RoutingOptions.DEFAULT)));
  }

  @Test
  void moreExpertsThanThereAreAreRefusedByFieldName() {
    Gate gate = ScoredGate.softmax(8, 2);
    RoutingOptions nine = RoutingOptions.everywhere(RoutingRule.MODEL.withExpertsPerToken(9), 0);
    assertThatThrownBy(() -> gate.route(0, new float[8], RoutedRows.of(1, nine)))
        .hasMessage("routing.experts_per_token: 9 (expected: 1 to 8)");
  }

  @Test
  void logitsThatAreNotFiniteAreAnEngineFailure() {
    Gate gate = ScoredGate.softmax(2, 1);
    assertThatThrownBy(
            () -> gate.route(0, new float[] {0, 1, Float.NaN, 1}, RoutedRows.of(2, at(1))))
        .hasMessageContaining("row 1, expert 0")
        .extracting(e -> ((ServingException) e).reason())
        .isEqualTo(ErrorReason.ERROR_REASON_ENGINE_FAILURE);
  }

  @Test
  void optionsRefuseNaNAndZeroExperts() {
    assertThatThrownBy(() -> at(Double.NaN)).hasMessageStartingWith("routing.temperature: NaN");
    assertThatThrownBy(() -> RoutingRule.MODEL.withExpertsPerToken(0))
        .hasMessageStartingWith("routing.experts_per_token: 0");
  }

  /** Sorts everything, exponentiates l / T over all experts in log space, renormalises. */
  private static void assertRowEqualsOracle(
      Routing routing, int row, float[] logits, int experts, int k, double t, String where) {
    Comparator<Integer> ranking =
        Comparator.comparingDouble(e -> (t < 0 ? 1 : -1) * (double) logits[row * experts + e]);
    int[] chosen =
        IntStream.range(0, experts)
            .boxed()
            .sorted(ranking.thenComparing(Comparator.naturalOrder()))
            .limit(k)
            .mapToInt(Integer::intValue)
            .toArray();
    assertThat(idsOf(routing, row)).as(where).containsExactly(chosen);
    float total = 0;
    for (int i = 0; i < k; i++) {
      float weight = routing.weights()[row * k + i];
      assertThat(weight).as(where).isCloseTo(oracle(logits, row * experts, chosen, i, t), within());
      total += weight;
    }
    assertThat(total).as(where).isCloseTo(1f, within(1e-6f));
  }

  private static float oracle(float[] logits, int offset, int[] chosen, int i, double t) {
    if (t == 0) {
      return i == 0 ? 1 : 0;
    }
    // 1 / sum of exp(l_j / T - l_i / T): another arrangement of the same quotient.
    double sum = 0;
    for (int j : chosen) {
      sum += Math.exp(((double) logits[offset + j] - logits[offset + chosen[i]]) / t);
    }
    return (float) (1 / sum);
  }

  private static RoutingOptions randomOptions(Random random) {
    double t = TEMPERATURES[random.nextInt(TEMPERATURES.length)];
    int k = random.nextInt(7);
    RoutingRule rule = RoutingRule.atTemperature(t);
    return RoutingOptions.everywhere(k == 0 ? rule : rule.withExpertsPerToken(k), 0);
  }

  private static RoutingOptions at(double temperature) {
    return RoutingOptions.everywhere(RoutingRule.atTemperature(temperature), 0);
  }

  private static int[] idsOf(Routing routing, int row) {
    int k = routing.expertsPerRow();
    return Arrays.copyOfRange(routing.experts(), row * k, (row + 1) * k);
  }

  /** Every third row has logits of a few values only, so that ties are common. */
  private static float[] logits(Random random, int rows, int experts) {
    float[] logits = new float[rows * experts];
    for (int i = 0; i < logits.length; i++) {
      boolean coarse = i / experts % 3 == 2;
      logits[i] = coarse ? random.nextInt(4) : (float) random.nextGaussian() * 3;
    }
    return logits;
  }

  private static Offset<Float> within() {
    return within(2e-7f);
  }

  private static Offset<Float> within(float offset) {
    return Offset.offset(offset);
  }
}
