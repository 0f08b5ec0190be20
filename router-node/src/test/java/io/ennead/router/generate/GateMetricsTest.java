package io.ennead.router.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ennead.router.moe.ScoredGate;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import org.junit.jupiter.api.Test;

class GateMetricsTest {
  private static final int EXPERTS = 4;
  private static final int LAYERS = 3;

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final GateMetrics metrics =
      new GateMetrics(registry, ScoredGate.softmax(EXPERTS, 2), LAYERS);

  private HistogramDataPointSnapshot entropy() {
    HistogramSnapshot snapshot =
        (HistogramSnapshot) registry.scrape("ennead_gate_entropy_ratio"::equals).get(0);
    return snapshot.getDataPoints().get(0);
  }

  @Test
  void aGateThatDoesNotCareHasOneAndOneThatIsCertainNearlyNone() {
    metrics.routed(new float[] {2, 2, 2, 2, 30, 0, 0, 0}, 2);
    assertThat(entropy().getCount()).isEqualTo(2);
    assertThat(entropy().getSum()).isEqualTo(1, within(1e-9));
  }

  /** -(0.75 ln 0.75 + 0.25 ln 0.25) / ln 4, of two experts three to one. */
  @Test
  void entropyIsOverThatOfEvenProbabilities() {
    metrics.routed(new float[] {(float) Math.log(3), 0, -90, -90}, 1);
    assertThat(entropy().getSum()).isEqualTo(0.405639, within(1e-6));
  }

  @Test
  void eachLayerHasItsTurn() {
    for (int call = 0; call < LAYERS * (LAYERS + 1); call++) {
      int layer = call % LAYERS; // told apart by the number of rows
      metrics.routed(new float[EXPERTS * (1 << layer)], 1 << layer);
    }
    assertThat(entropy().getCount()).isEqualTo(1 + 2 + 4);
  }

  @Test
  void longBatchesCostNoMoreThanShortOnes() {
    metrics.routed(new float[EXPERTS * 1000], 1000);
    assertThat(entropy().getCount()).isEqualTo(16);
  }
}
