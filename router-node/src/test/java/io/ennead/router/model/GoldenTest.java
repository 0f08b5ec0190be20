package io.ennead.router.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ennead.router.moe.RoutingOptions;
import io.ennead.wire.ComputeType;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The model against an independent implementation. Tolerances are the issue's: what two float32
 * implementations may differ by.
 */
@TestInstance(Lifecycle.PER_CLASS)
class GoldenTest {
  private final LoadedModel f32 = DemoModel.load(ComputeType.F32, 64);

  static Stream<Golden> goldens() {
    return Golden.all();
  }

  @AfterAll
  void close() {
    f32.close();
  }

  @Test
  void thereAreTwelvePrompts() {
    assertThat(Golden.all()).hasSize(12);
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void greedyTokensAreTheRecordedOnes(Golden golden) {
    Runner runner = run(golden, f32);
    assertThat(runner.decode(golden.inputIds().length, golden.greedyIds().length))
        .containsExactly(golden.greedyIds());
  }

  /** As on processors without packed products, and on GPUs. */
  @Test
  void greedyTokensAreTheRecordedOnesWithoutPackedMaps() {
    try (LoadedModel plain =
        LoadedModel.load(DemoModel.DIRECTORY, ComputeType.F32, 64, OptionalLong.empty())) {
      for (Golden golden : Golden.all().toList()) {
        assertThat(run(golden, plain).decode(golden.inputIds().length, golden.greedyIds().length))
            .containsExactly(golden.greedyIds());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void promptLogProbabilitiesAreTheRecordedOnes(Golden golden) {
    Runner runner = run(golden, f32);
    for (int i = 1; i < golden.inputIds().length; i++) {
      assertThat(logProbability(runner.logits.get(i - 1), golden.inputIds()[i]))
          .as("position %d", i)
          .isCloseTo(golden.promptLogprobs().get(i), within(5e-4));
    }
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void lastLogitsAreTheRecordedOnesInTheSameOrder(Golden golden) {
    Runner runner = run(golden, f32);
    float[] last = runner.logits.get(golden.inputIds().length - 1);
    List<Integer> top =
        IntStream.range(0, last.length)
            .boxed()
            .sorted(Comparator.comparing((Integer id) -> -last[id]))
            .limit(20)
            .toList();
    assertThat(top).isEqualTo(golden.lastTop20().stream().map(Golden.TokenValue::id).toList());
    for (Golden.TokenValue expected : golden.lastTop20()) {
      assertThat((double) last[expected.id()]).isCloseTo(expected.value(), within(5e-4));
    }
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void routingIsTheRecordedOne(Golden golden) {
    Runner runner = run(golden, f32);
    for (int layer = 0; layer < 4; layer++) {
      for (int i = 0; i < golden.inputIds().length; i++) {
        assertThat(runner.experts.get(layer).get(i))
            .as("layer %d, position %d", layer, i)
            .containsExactly(golden.router().experts()[layer][i]);
      }
      for (int i = 0; i < golden.router().logits()[layer].length; i++) {
        for (int expert = 0; expert < 8; expert++) {
          assertThat((double) runner.gateLogits.get(layer).get(i)[expert])
              .isCloseTo(golden.router().logits()[layer][i][expert], within(1e-4));
        }
      }
    }
  }

  @Test
  void inBf16AtLeast95PercentOfRoutingChoicesAndArgmaxesAgree() {
    int choices = 0;
    int sameChoices = 0;
    int positions = 0;
    int sameArgmaxes = 0;
    try (LoadedModel bf16 = DemoModel.load(ComputeType.BF16, 64)) {
      for (Golden golden : Golden.all().toList()) {
        Runner reduced = run(golden, bf16);
        Runner full = run(golden, f32);
        for (int i = 0; i < golden.inputIds().length; i++) {
          positions++;
          sameArgmaxes +=
              Runner.argmax(reduced.logits.get(i)) == Runner.argmax(full.logits.get(i)) ? 1 : 0;
          for (int layer = 0; layer < 4; layer++) {
            choices++;
            sameChoices +=
                Arrays.equals(
                        sorted(reduced.experts.get(layer).get(i)),
                        sorted(golden.router().experts()[layer][i]))
                    ? 1
                    : 0;
          }
        }
      }
    }
    assertThat(sameChoices / (double) choices).isGreaterThanOrEqualTo(0.95);
    assertThat(sameArgmaxes / (double) positions).isGreaterThanOrEqualTo(0.95);
  }

  private static Runner run(Golden golden, LoadedModel model) {
    Runner runner = new Runner(model.model(), 1, RoutingOptions.DEFAULT);
    runner.prefill(golden.inputIds());
    return runner;
  }

  private static int[] sorted(int[] ids) {
    return Arrays.stream(ids).sorted().toArray();
  }

  private static double logProbability(float[] logits, int id) {
    double max = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - max);
    }
    return logits[id] - max - Math.log(sum);
  }
}
