package io.ennead.router.peer;

import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/** States of the expert nodes, read when they are asked for. */
public final class PeerMetrics {
  private static final List<Class<? extends PeerState>> STATES =
      List.of(
          PeerState.Connecting.class,
          PeerState.Ready.class,
          PeerState.Refused.class,
          PeerState.Lost.class);

  private PeerMetrics() {}

  /** Registers with a registry. */
  public static void register(
      PrometheusRegistry registry, Supplier<? extends List<? extends ExpertPeer>> peers) {
    GaugeWithCallback.builder()
        .name("ennead_expert_peer_state")
        .help("1 for the state that an expert node is in (ready: gets calls), 0 for the others.")
        .labelNames("peer", "state")
        .callback(gauge -> peers.get().forEach(peer -> tell(peer, gauge)))
        .register(registry);
  }

  private static void tell(ExpertPeer peer, GaugeWithCallback.Callback gauge) {
    Class<?> now = peer.state().getClass();
    for (Class<? extends PeerState> state : STATES) {
      String label = state.getSimpleName().toLowerCase(Locale.ROOT);
      gauge.call(state == now ? 1 : 0, peer.address().toString(), label);
    }
  }
}
