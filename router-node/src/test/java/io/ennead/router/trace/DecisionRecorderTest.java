package io.ennead.router.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.router.moe.RoutedRows;
import io.ennead.router.moe.Routing;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.moe.RoutingProfile;
import io.ennead.router.moe.RoutingRule;
import io.ennead.router.moe.RoutingRule.Mode;
import io.ennead.router.moe.ScoredGate;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DecisionRecorderTest {
  private static final int EXPERTS = 4;
  private static final RoutingRule DRAWN =
      RoutingRule.atTemperature(2).withMode(Mode.SAMPLED).without(Set.of(3));

  private final ScoredGate gate = ScoredGate.softmax(EXPERTS, 2);

  private DecisionRecorder recorder(RoutingOptions options, int maxBytes) {
    return DecisionRecorder.of(gate, options, List.of(0, 2), maxBytes).orElseThrow();
  }

  /** A step of two rows, of which the second is the recorder's. */
  private float[] step(DecisionRecorder recorder, RoutingOptions options, Random random) {
    float[] own = {};
    for (int layer : new int[] {0, 1, 2}) {
      float[] logits = new float[2 * EXPERTS];
      for (int i = 0; i < logits.length; i++) {
        logits[i] = random.nextFloat();
      }
      Routing routing = gate.route(layer, logits, RoutedRows.of(2, options));
      recorder.routed(layer, logits, routing, 1);
      own = logits;
    }
    return own;
  }

  @Test
  void choicesOfStepsThatSucceededAreKept() {
    RoutingOptions options =
        RoutingOptions.everywhere(DRAWN, 7)
            .under(
                new RoutingProfile(
                    "p@1", "h", Map.of(2, new RoutingProfile.Layer(1.5, new float[EXPERTS]))));
    DecisionRecorder recorder = recorder(options, 1 << 16);
    Random random = new Random(1);
    step(recorder, options, random); // lost its experts
    float[] last = step(recorder, options, random);
    recorder.commit();
    Decisions decisions = recorder.decisions().orElseThrow();
    assertThat(decisions.tokens()).isEqualTo(1);
    assertThat(decisions.layers()).containsExactly(0, 2);
    assertThat(decisions.temperatures()).containsExactly(2, 2);
    assertThat(decisions.logits()[EXPERTS]).isEqualTo(last[EXPERTS]);
    assertThat(decisions.logits()[2 * EXPERTS - 1]).isEqualTo(Float.NEGATIVE_INFINITY);
    assertThat(decisions.chosen()).hasSize(4).doesNotContain((short) 3);
  }

  @Test
  void longContinuationsKeepTokensAtEqualDistances() {
    RoutingOptions options = RoutingOptions.everywhere(DRAWN, 7);
    for (int capacity : new int[] {4, 5}) {
      DecisionRecorder recorder = recorder(options, capacity * (2 * EXPERTS * 4 + 2 * 2 * 2));
      float[] firstLogit = new float[40];
      Random random = new Random(2);
      for (int token = 0; token < 40; token++) {
        firstLogit[token] = step(recorder, options, random)[EXPERTS];
        recorder.commit();
      }
      Decisions decisions = recorder.decisions().orElseThrow();
      assertThat(decisions.tokens()).isBetween(2, capacity);
      for (int token = 0; token < decisions.tokens(); token++) {
        assertThat(decisions.logits()[(2 * token + 1) * EXPERTS])
            .isEqualTo(firstLogit[token * decisions.stride()]);
      }
      assertThat(decisions.tokens() * decisions.stride()).isBetween(40, 40 + decisions.stride());
    }
  }

  @Test
  void onlyWhatIsDrawnIsRecorded() {
    RoutingRule topK = RoutingRule.MODEL;
    assertThat(DecisionRecorder.of(gate, RoutingOptions.everywhere(topK, 1), List.of(0), 1 << 16))
        .isEmpty();
    RoutingOptions one = new RoutingOptions(topK, Map.of(2, DRAWN), 1);
    DecisionRecorder recorder = recorder(one, 1 << 16);
    step(recorder, one, new Random(3));
    recorder.commit();
    assertThat(recorder.decisions().orElseThrow().layers()).containsExactly(2);
  }
}
