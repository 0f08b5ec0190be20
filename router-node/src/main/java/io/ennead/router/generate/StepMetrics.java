package io.ennead.router.generate;

import io.ennead.router.model.MoeModel;
import io.ennead.router.model.Step;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Locale;

/** What the loop's steps cost, and how their tokens are routed. Used by the loop's thread. */
final class StepMetrics {
  private final GateMetrics gate;
  private final Counter steps;
  private final Counter rows;
  private final Histogram seconds;

  StepMetrics(PrometheusRegistry registry, MoeModel model) {
    this.gate = new GateMetrics(registry, model.gate(), model.config().moeLayers().size());
    this.steps =
        Counter.builder()
            .name("ennead_steps_total")
            .help("Passes through the model, by phase.")
            .labelNames("phase")
            .register(registry);
    this.rows =
        Counter.builder()
            .name("ennead_step_rows_total")
            .help("Tokens computed in the passes through the model.")
            .labelNames("phase")
            .register(registry);
    this.seconds =
        Histogram.builder()
            .name("ennead_step_duration_seconds")
            .help("Seconds of one pass through the model.")
            .labelNames("phase")
            .classicUpperBounds(.002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5)
            .register(registry);
  }

  GateMetrics gate() {
    return gate;
  }

  void step(Step step, long nanos) {
    String phase = step.phase().name().toLowerCase(Locale.ROOT);
    steps.labelValues(phase).inc();
    rows.labelValues(phase).inc(step.rows());
    seconds.labelValues(phase).observe(nanos / 1e9);
  }
}
