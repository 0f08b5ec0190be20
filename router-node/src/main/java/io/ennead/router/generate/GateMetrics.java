package io.ennead.router.generate;

import io.ennead.router.moe.Gate;
import io.ennead.router.moe.GateDistribution;
import io.ennead.router.moe.RoutingRule;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/**
 * How decided the gates are, at temperature 1 whatever requests ask for. A sample: about one layer
 * of a step, all in turn, and some of its rows, so that the cost does not grow with either. Used by
 * the generation loop's thread.
 */
final class GateMetrics {
  private static final int MAX_ROWS = 16;

  private final GateDistribution distribution;
  private final double uniform;
  private final int layers;
  private final DistributionDataPoint entropy;
  private long calls;

  /**
   * Registers with a registry.
   *
   * @param layers number of MoE layers
   */
  GateMetrics(PrometheusRegistry registry, Gate gate, int layers) {
    this.distribution = gate.distribution(RoutingRule.atTemperature(1), gate.experts());
    this.uniform = Math.log(Math.max(2, gate.experts()));
    this.layers = layers;
    this.entropy =
        Histogram.builder()
            .name("ennead_gate_entropy_ratio")
            .help(
                "Entropy of the gate's probabilities over that of even ones, 0 to 1; a sample of"
                    + " tokens and layers.")
            .classicOnly()
            .classicUpperBounds(.1, .2, .3, .4, .5, .6, .7, .8, .9, 1)
            .register(registry);
  }

  /**
   * A layer was routed.
   *
   * @param logits [rows, ids]
   */
  void routed(float[] logits, int count) {
    if (calls++ % (layers + 1) == 0) { // one more than there are: the next layer the next time
      sample(logits, count);
    }
  }

  /** Of the model's own experts: rows of packs come and go. */
  private void sample(float[] logits, int count) {
    int rows = Math.min(MAX_ROWS, count);
    for (int row = 0; row < rows; row++) {
      distribution.load(logits, row * (logits.length / count));
      entropy.observe(distribution.entropy() / uniform);
    }
  }
}
