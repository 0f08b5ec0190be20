package io.ennead.router.dispatch;

import io.ennead.router.moe.ExpertRows;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Series of single layers and of their experts: many, so only where they are wanted. */
public final class LayerMetrics {
  /** The most pairs of layer and expert that get series: each scrape carries all of them. */
  public static final int MAX_SERIES = 16_384;

  private final Counter perExpert;
  private final Map<Integer, CounterDataPoint[]> tokens = new HashMap<>();
  private final Map<Integer, CounterDataPoint> waits = new HashMap<>();

  /**
   * Registers with a registry.
   *
   * @param layers the MoE layers
   * @param experts routed experts of a layer
   * @throws IllegalArgumentException when these are more than {@link #MAX_SERIES} pairs
   */
  public LayerMetrics(PrometheusRegistry registry, List<Integer> layers, int experts) {
    if (layers.size() * experts > MAX_SERIES) {
      throw new IllegalArgumentException(
          "metrics-detail: layers (expected: summary, since %d layers of %d experts are more than %d"
                  .formatted(layers.size(), experts, MAX_SERIES)
              + " series)");
    }
    this.perExpert =
        Counter.builder()
            .name("ennead_layer_expert_tokens_total")
            .help(
                "Tokens that the gate of a layer sent to an expert; with --metrics-detail layers.")
            .labelNames("layer", "expert")
            .register(registry);
    Counter perLayer =
        Counter.builder()
            .name("ennead_layer_wait_seconds_total")
            .help("Sum of a layer's barrier waits; with --metrics-detail layers.")
            .labelNames("layer")
            .register(registry);
    for (int layer : layers) {
      String label = Integer.toString(layer);
      CounterDataPoint[] points = new CounterDataPoint[experts];
      Arrays.setAll(points, expert -> perExpert.labelValues(label, Integer.toString(expert)));
      tokens.put(layer, points);
      waits.put(layer, perLayer.labelValues(label));
    }
  }

  void dispatched(int layer, List<ExpertRows> experts) {
    CounterDataPoint[] points = tokens.get(layer);
    for (ExpertRows rows : experts) {
      int expert = rows.expert();
      if (points != null && expert < points.length) {
        points[expert].inc(rows.rows().length);
      } else if (points != null) { // of a pack: as many series as there may be ids
        perExpert
            .labelValues(Integer.toString(layer), Integer.toString(expert))
            .inc(rows.rows().length);
      }
    }
  }

  void waited(int layer, double seconds) {
    CounterDataPoint point = waits.get(layer);
    if (point != null) {
      point.inc(seconds);
    }
  }
}
