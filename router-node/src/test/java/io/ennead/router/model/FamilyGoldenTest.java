package io.ennead.router.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ennead.expert.engine.TorchModule;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.wire.ComputeType;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every family against its reference implementation, whole model. The tolerances are those that the
 * fixtures' README asks for in float32; expert ids and greedy ids must be equal.
 */
class FamilyGoldenTest {
  private static final double ROUTER_LOGIT = 1e-4;
  private static final double WEIGHT = 2e-5;
  private static final double LOGIT = 5e-5;
  private static final double HIDDEN = 5e-5;

  /** With the maps of every family packed, which are small, and with none. */
  static Stream<Arguments> families() {
    return FamilyGolden.families()
        .flatMap(
            family ->
                Stream.of(OptionalLong.empty(), OptionalLong.of(0))
                    .filter(packFrom -> packFrom.isEmpty() || TorchModule.packsFor("cpu"))
                    .map(packFrom -> Arguments.of(family, packFrom)));
  }

  @ParameterizedTest
  @MethodSource("families")
  void routingLogitsAndGreedyTokensAreTheRecordedOnes(String family, OptionalLong packFrom) {
    FamilyGolden golden = FamilyGolden.read(family);
    try (LoadedModel loaded =
        LoadedModel.load(FamilyGolden.directory(family), ComputeType.F32, 64, packFrom)) {
      assertThat(loaded.model().config().moeLayers()).isEqualTo(golden.moeLayers());
      assertThat(golden.sequences()).hasSize(3);
      for (FamilyGolden.Sequence sequence : golden.sequences()) {
        check(sequence, loaded.model());
      }
    }
  }

  private static void check(FamilyGolden.Sequence sequence, MoeModel model) {
    Runner runner = new Runner(model, 1, RoutingOptions.DEFAULT);
    runner.prefill(sequence.inputIds());
    sequence.layers().stream()
        .filter(layer -> layer.expertIds() != null)
        .forEach(layer -> checkRouting(layer, runner));
    int length = sequence.inputIds().length;
    float[] hidden = runner.hidden.get(length - 1);
    assertThat(hidden).hasSize(model.config().hiddenSize());
    double[] recorded = sequence.finalNormLast(); // of the first dimensions
    assertClose(Arrays.copyOf(hidden, recorded.length), recorded, HIDDEN, "last hidden state");
    assertClose(runner.logits.get(length - 1), sequence.logitsLast(), LOGIT, "last logits");
    assertThat(runner.decode(length, sequence.greedyIds().length))
        .containsExactly(sequence.greedyIds());
    for (int step = 0; step < sequence.greedyIds().length; step++) {
      float logit = runner.logits.get(length - 1 + step)[sequence.greedyIds()[step]];
      assertThat((double) logit)
          .as("greedy step %d", step)
          .isCloseTo(sequence.greedyLogits()[step], within(LOGIT));
    }
  }

  private static void checkRouting(FamilyGolden.Layer golden, Runner runner) {
    for (int i = 0; i < golden.expertIds().length; i++) {
      String place = "layer %d, position %d".formatted(golden.layer(), i);
      assertClose(
          runner.gateLogits.get(golden.layer()).get(i),
          golden.routerLogits()[i],
          ROUTER_LOGIT,
          place);
      assertThat(runner.experts.get(golden.layer()).get(i))
          .as(place)
          .containsExactly(golden.expertIds()[i]);
      assertClose(runner.weights.get(golden.layer()).get(i), golden.weights()[i], WEIGHT, place);
    }
  }

  private static void assertClose(
      float[] actual, double[] expected, double tolerance, String what) {
    assertThat(actual).as(what).hasSize(expected.length);
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) actual[i])
          .as("%s, %d", what, i)
          .isCloseTo(expected[i], within(tolerance));
    }
  }
}
