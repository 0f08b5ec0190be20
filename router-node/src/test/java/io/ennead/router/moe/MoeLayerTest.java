package io.ennead.router.moe;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.router.moe.ExpertLayer.Phase;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MoeLayerTest {

  /** Expert e multiplies by e + 1, the shared one by 1; the row itself is the gate's logits. */
  @Test
  void routesByTheGateAndSumsTheChosenAndTheSharedExpert() {
    GateLogits logits = (layer, phase, hidden) -> hidden.clone();
    MoeLayer moe =
        new MoeLayer(
            logits,
            ScoredGate.softmax(3, 2),
            MoeLayerTest::scaleByExpert,
            (layer, phase, hidden) -> hidden);
    float[] hidden = {0, 5, 5, 9, 1, 1};

    MoeLayer.Result result =
        moe.forward(
            1,
            Phase.DECODE,
            hidden,
            RoutingOptions.everywhere(RoutingRule.atTemperature(Double.POSITIVE_INFINITY), 0),
            CallScope.unbounded(),
            RoutingObserver.NONE);

    assertThat(result.routing().experts()).containsExactly(1, 2, 0, 1);
    assertThat(result.rows().values()).containsExactly(0, 17.5f, 17.5f, 22.5f, 2.5f, 2.5f);
    assertThat(result.logits()).containsExactly(hidden);
  }

  private static CombinedRows scaleByExpert(
      int layer,
      Phase phase,
      float[] hidden,
      Routing routing,
      CallScope scope,
      RoutingObserver observer) {
    int width = hidden.length / routing.rows();
    float[] out = new float[hidden.length];
    for (int place = 0; place < routing.experts().length; place++) {
      int row = place / routing.expertsPerRow();
      for (int i = row * width; i < (row + 1) * width; i++) {
        out[i] += routing.weights()[place] * (routing.experts()[place] + 1) * hidden[i];
      }
    }
    return new CombinedRows(out, Map.of());
  }
}
