package io.ennead.router.dispatch;

import io.ennead.router.dispatch.Ask.Cause;
import io.ennead.router.dispatch.NodeCall.Reason;
import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.router.moe.ExpertRows;
import io.ennead.router.peer.ExpertPeer;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * What the dispatch counts. Labels come from configuration (peers), the model and our own code; the
 * series of peers and phases are looked up once, and counted per call, not per token. Thread-safe.
 */
public final class DispatchMetrics {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final String PEER = "peer";
  private static final String PHASE = "phase";
  private static final String REASON = "reason";
  private static final String UNREACHABLE = "EXPERT_UNREACHABLE";
  private static final double[] SECONDS = {
    .0005, .001, .002, .003, .005, .0075, .01, .015, .025, .05, .1, .25, .5, 1, 5
  };
  private static final double[] WAIT_SECONDS = {
    .00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5
  };

  private final Histogram duration;
  private final Counter bytes;
  private final Counter peerTokens;
  private final Counter failures;
  private final Counter failovers;
  private final Counter calls;
  private final Gauge breakers;
  private final CounterDataPoint hedgesWon;
  private final CounterDataPoint hedgesLost;
  private final DistributionDataPoint[] layers; // by phase
  private final DistributionDataPoint[] waits;
  private final ExpertLoads loads;
  private final Optional<LayerMetrics> detail;
  private final Map<ExpertPeer, Peer> peers = new ConcurrentHashMap<>();

  /**
   * Registers with a registry.
   *
   * @param experts routed experts of a layer
   * @param detail series of single layers, where they are wanted
   */
  public DispatchMetrics(PrometheusRegistry registry, int experts, Optional<LayerMetrics> detail) {
    this.detail = detail;
    duration =
        histogram(
            registry,
            "ennead_expert_rpc_duration_seconds",
            "Time of a call to an expert node, from sending to the decoded reply or the failure.",
            SECONDS,
            PEER);
    bytes =
        counter(
            registry,
            "ennead_expert_rpc_bytes_total",
            "Message bytes sent to and received from an expert node.",
            PEER,
            "direction");
    peerTokens =
        counter(
            registry,
            "ennead_expert_rpc_tokens_total",
            "Rows (a token for one expert) that an expert node was asked for, repeats included.",
            PEER);
    failures =
        counter(
            registry,
            "ennead_expert_rpc_failures_total",
            "Calls to an expert node that failed, by reason; retried ones too.",
            PEER,
            REASON);
    failovers =
        counter(
            registry,
            "ennead_expert_failovers_total",
            "Calls whose work was asked of another expert node, by the node that failed and why.",
            PEER,
            REASON);
    calls =
        counter(
            registry,
            "ennead_expert_calls_total",
            "Calls to expert nodes: first (one per layer and node of a step), probe, failover"
                + " and hedge.",
            PHASE,
            REASON);
    breakers =
        Gauge.builder()
            .name("ennead_expert_breaker_open")
            .help("1 while an expert node gets no calls but probes, since it failed or was late.")
            .labelNames(PEER)
            .register(registry);
    Counter hedges =
        counter(
            registry,
            "ennead_expert_hedges_total",
            "Second calls made since a first one was slow: won when they answered first.",
            "outcome");
    hedgesWon = hedges.labelValues("won");
    hedgesLost = hedges.labelValues("lost");
    layers =
        byPhase(
            histogram(
                registry,
                "ennead_layer_dispatch_seconds",
                "Time of one layer's experts, from the first call to the weighted sum; a shared expert runs meanwhile, within it.",
                SECONDS,
                PHASE));
    waits =
        byPhase(
            histogram(
                registry,
                "ennead_layer_barrier_wait_seconds",
                "Time from a layer's first reply of an expert node to the last that it needed.",
                WAIT_SECONDS,
                PHASE));
    loads = new ExpertLoads(registry, experts);
    GaugeWithCallback.builder()
        .name("ennead_expert_load_imbalance_ratio")
        .help("Largest over mean number of tokens per expert, over some minutes; 0: no token yet.")
        .callback(gauge -> gauge.call(loads.imbalance()))
        .register(registry);
  }

  private static Counter counter(
      PrometheusRegistry registry, String name, String help, String... labels) {
    return Counter.builder().name(name).help(help).labelNames(labels).register(registry);
  }

  private static Histogram histogram(
      PrometheusRegistry registry, String name, String help, double[] bounds, String... labels) {
    return Histogram.builder()
        .name(name)
        .help(help)
        .classicOnly()
        .classicUpperBounds(bounds)
        .labelNames(labels)
        .register(registry);
  }

  private static DistributionDataPoint[] byPhase(Histogram histogram) {
    return Stream.of(Phase.values())
        .map(phase -> histogram.labelValues(lower(phase)))
        .toArray(DistributionDataPoint[]::new);
  }

  /** The series of one node. */
  private final class Peer {
    private final DistributionDataPoint duration;
    private final CounterDataPoint bytesSent;
    private final CounterDataPoint bytesReceived;
    private final CounterDataPoint tokens;
    private final Map<String, CounterDataPoint> failures = new ConcurrentHashMap<>();
    private final String label;

    Peer(ExpertPeer peer) {
      label = peer.address().toString();
      duration = DispatchMetrics.this.duration.labelValues(label);
      bytesSent = bytes.labelValues(label, "sent");
      bytesReceived = bytes.labelValues(label, "received");
      tokens = peerTokens.labelValues(label);
    }

    void failed(String reason) {
      failures
          .computeIfAbsent(reason, r -> DispatchMetrics.this.failures.labelValues(label, r))
          .inc();
    }
  }

  /**
   * Makes the series of nodes before anything is counted, since a rate needs a first 0: of the
   * failures those of a node that is gone or hangs.
   */
  public void expect(List<? extends ExpertPeer> nodes) {
    for (ExpertPeer node : nodes) {
      Peer series = of(node);
      breakers.labelValues(series.label).set(0);
      for (String reason : List.of(Nodes.LATE, UNREACHABLE)) {
        failures.initLabelValues(series.label, reason);
        failovers.initLabelValues(series.label, reason);
      }
    }
  }

  private Peer of(ExpertPeer peer) {
    return peers.computeIfAbsent(peer, Peer::new);
  }

  /** Rows of a layer are about to be sent. */
  void dispatched(int layer, List<ExpertRows> experts) {
    loads.add(experts);
    detail.ifPresent(metrics -> metrics.dispatched(layer, experts));
  }

  void sent(ExpertPeer peer, Phase phase, Reason reason, int tokens) {
    calls.labelValues(lower(phase), lower(reason)).inc();
    of(peer).tokens.inc(tokens);
  }

  /** Rows that a node was asked for so far. */
  long rows(ExpertPeer peer) {
    return of(peer).tokens.getLongValue();
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  void breaker(ExpertPeer peer, boolean open) {
    breakers.labelValues(of(peer).label).set(open ? 1 : 0);
  }

  void answered(ExpertPeer peer, long nanos, int requestBytes, int replyBytes) {
    Peer series = of(peer);
    series.duration.observe(nanos / NANOS_PER_SECOND);
    series.bytesSent.inc(requestBytes);
    series.bytesReceived.inc(replyBytes);
  }

  void failed(ExpertPeer peer, long nanos, String reason) {
    Peer series = of(peer);
    series.duration.observe(nanos / NANOS_PER_SECOND);
    series.failed(reason);
  }

  /** What a node failed to do is asked of another one. */
  void failedOver(Cause cause) {
    failovers.labelValues(of(cause.peer()).label, cause.reason()).inc();
  }

  /** The hedges of a layer have come to their end. */
  void hedged(int won, int lost) {
    if (won + lost > 0) {
      hedgesWon.inc(won);
      hedgesLost.inc(lost);
    }
  }

  /**
   * A layer is done.
   *
   * @param wait nanoseconds from the first reply to the last
   */
  void layerDone(int layer, Phase phase, long nanos, long wait) {
    layers[phase.ordinal()].observe(nanos / NANOS_PER_SECOND);
    waits[phase.ordinal()].observe(wait / NANOS_PER_SECOND);
    detail.ifPresent(metrics -> metrics.waited(layer, wait / NANOS_PER_SECOND));
  }
}
