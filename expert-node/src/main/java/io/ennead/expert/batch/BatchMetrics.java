package io.ennead.expert.batch;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;

/** What the batcher counts. Safe for use by several threads. */
final class BatchMetrics {
  private static final double[] SECONDS = {
    .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5
  };
  private static final double NANOS = 1e9;

  private final Histogram calls;
  private final Histogram compute;
  private final Histogram queue;
  private final Counter rows;
  private final Map<Integer, CounterDataPoint> byExpert = new ConcurrentHashMap<>();
  private final Counter cancelled;
  private final Counter refused;

  BatchMetrics(PrometheusRegistry registry, IntSupplier queuedRows) {
    GaugeWithCallback.builder()
        .name("ennead_expert_queue_rows")
        .help("Rows waiting for the engine.")
        .callback(gauge -> gauge.call(queuedRows.getAsInt()))
        .register(registry);
    calls =
        Histogram.builder()
            .name("ennead_expert_batch_calls")
            .help("Calls that one run of the engine served; the count is the number of runs.")
            .classicOnly()
            .classicUpperBounds(1, 2, 4, 8, 16, 32, 64)
            .register(registry);
    compute = seconds(registry, "ennead_expert_compute", "One run of the engine.");
    queue = seconds(registry, "ennead_expert_queue", "Waiting time of calls that were run.");
    rows =
        Counter.builder()
            .name("ennead_expert_rows_total")
            .help("Rows computed, by expert id, over all layers.")
            .labelNames("expert")
            .register(registry);
    cancelled = counter(registry, "cancelled", "Calls whose caller left before they were run.");
    refused = counter(registry, "refused", "Calls that did not fit into the queue.");
  }

  private static Histogram seconds(PrometheusRegistry registry, String name, String help) {
    return Histogram.builder()
        .name(name)
        .unit(Unit.SECONDS)
        .help(help)
        .classicOnly()
        .classicUpperBounds(SECONDS)
        .register(registry);
  }

  private static Counter counter(PrometheusRegistry registry, String what, String help) {
    return Counter.builder()
        .name("ennead_expert_calls_" + what + "_total")
        .help(help)
        .register(registry);
  }

  void ran(List<Call> batch, Map<Integer, Integer> rowsByExpert, long started, long nanos) {
    calls.observe(batch.size());
    compute.observe(nanos / NANOS);
    batch.forEach(call -> queue.observe(call.waited(started) / NANOS));
    rowsByExpert.forEach((expert, n) -> rowsOf(expert).inc(n));
  }

  private CounterDataPoint rowsOf(int expert) {
    return byExpert.computeIfAbsent(expert, e -> rows.labelValues(Integer.toString(e)));
  }

  void cancelled() {
    cancelled.inc();
  }

  void refused() {
    refused.inc();
  }
}
