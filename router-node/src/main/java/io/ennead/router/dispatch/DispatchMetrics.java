package io.ennead.router.dispatch;

import io.ennead.router.dispatch.NodeCall.Reason;
import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.router.moe.ExpertRows;
import io.ennead.router.peer.ExpertPeer;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.Locale;

/** What the dispatch counts. Labels come from configuration (peers), the model and our own code. */
public final class DispatchMetrics {
  private static final double NANOS_PER_SECOND = 1e9;

  private final Histogram duration;
  private final Counter bytes;
  private final Counter rows;
  private final Counter failures;
  private final Counter calls;
  private final Gauge breakers;

  /** Registers with a registry. */
  public DispatchMetrics(PrometheusRegistry registry) {
    duration =
        Histogram.builder()
            .name("ennead_expert_rpc_duration_seconds")
            .help("Time of a call to an expert node, from sending to the decoded reply.")
            .classicOnly()
            .classicUpperBounds(
                .0005, .001, .002, .003, .005, .0075, .01, .015, .025, .05, .1, .25, .5, 1, 5)
            .labelNames("peer")
            .register(registry);
    bytes =
        Counter.builder()
            .name("ennead_expert_rpc_bytes_total")
            .help("Message bytes sent to and received from an expert node.")
            .labelNames("peer", "direction")
            .register(registry);
    rows =
        Counter.builder()
            .name("ennead_expert_rows_total")
            .help("Rows (tokens) dispatched to an expert, over all layers.")
            .labelNames("expert")
            .register(registry);
    failures =
        Counter.builder()
            .name("ennead_expert_rpc_failures_total")
            .help("Calls to an expert node that failed, by reason; retried ones too.")
            .labelNames("peer", "reason")
            .register(registry);
    calls =
        Counter.builder()
            .name("ennead_expert_calls_total")
            .help(
                "Calls to expert nodes: first (one per layer and node of a step), probe, failover"
                    + " and hedge.")
            .labelNames("phase", "reason")
            .register(registry);
    breakers =
        Gauge.builder()
            .name("ennead_expert_breaker_open")
            .help("1 while an expert node gets no calls but probes, since it failed or was late.")
            .labelNames("peer")
            .register(registry);
  }

  void dispatched(List<ExpertRows> experts) {
    for (ExpertRows expert : experts) {
      rows.labelValues(Integer.toString(expert.expert())).inc(expert.rows().length);
    }
  }

  void sent(Phase phase, Reason reason) {
    calls.labelValues(lower(phase), lower(reason)).inc();
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  void breaker(ExpertPeer peer, boolean open) {
    breakers.labelValues(peer.address().toString()).set(open ? 1 : 0);
  }

  void answered(ExpertPeer peer, long nanos, int requestBytes, int replyBytes) {
    String label = peer.address().toString();
    duration.labelValues(label).observe(nanos / NANOS_PER_SECOND);
    bytes.labelValues(label, "sent").inc(requestBytes);
    bytes.labelValues(label, "received").inc(replyBytes);
  }

  void failed(ExpertPeer peer, long nanos, String reason) {
    String label = peer.address().toString();
    duration.labelValues(label).observe(nanos / NANOS_PER_SECOND);
    failures.labelValues(label, reason).inc();
  }
}
