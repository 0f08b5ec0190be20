package io.ennead.router.placement;

import io.ennead.node.Readiness;
import io.ennead.router.peer.Expectations.ExpertFingerprints;
import io.ennead.router.peer.ExpertPeer;
import io.ennead.router.peer.PeerState;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the current {@link Placement} behind one volatile and says in {@link Readiness} (part
 * {@value #PART}) which experts are missing and why.
 */
public final class PlacementTracker {
  /** The part of readiness. */
  static final String PART = "experts";

  private static final Logger logger = LoggerFactory.getLogger(PlacementTracker.class);

  private final Readiness readiness;
  private final ExpertFingerprints packs;
  private volatile Placement current;

  /** Of a model without packs. */
  public PlacementTracker(List<Integer> layers, int experts, Readiness readiness) {
    this(layers, experts, ExpertFingerprints.UNKNOWN, readiness);
  }

  /**
   * With no node yet: every expert is missing.
   *
   * @param packs what the experts of packs must be; asked at every {@link #update}
   */
  public PlacementTracker(
      List<Integer> layers, int experts, ExpertFingerprints packs, Readiness readiness) {
    this.packs = packs;
    this.readiness = readiness;
    this.current = Placement.of(layers, experts, List.of());
  }

  /** Registers what is missing with a registry. */
  public void register(PrometheusRegistry registry) {
    GaugeWithCallback.builder()
        .name("ennead_experts_missing")
        .help("Pairs of layer and expert that no ready expert node holds; requests need all.")
        .callback(gauge -> gauge.call(current.missingExperts()))
        .register(registry);
  }

  /** The latest snapshot. */
  public Placement current() {
    return current;
  }

  /**
   * Looks at the nodes anew. Readiness is told within the lock: told in another order, a state that
   * is over would stay.
   */
  public synchronized void update(List<ExpertPeer> peers) {
    Placement next = Placement.of(current.layers(), current.experts(), packs, peers);
    if (!next.equals(current)) {
      current = next;
      logger.info("placement: {}", next.missing().map(m -> "no " + m).orElse("complete"));
    }
    next.missing()
        .ifPresentOrElse(
            missing -> readiness.waitFor(PART, missing + reasons(peers)),
            () -> readiness.done(PART));
  }

  // " (127.0.0.1:8504 lost: ...; 127.0.0.1:8506 refused: ...)"
  private static String reasons(List<ExpertPeer> peers) {
    String reasons =
        peers.stream()
            .filter(peer -> !(peer.state() instanceof PeerState.Ready))
            .map(peer -> peer.address() + " " + peer.state().text())
            .collect(Collectors.joining("; "));
    return reasons.isEmpty() ? "" : " (%s)".formatted(reasons);
  }
}
