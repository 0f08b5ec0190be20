package io.ennead.router;

import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.engine.ExpertEngine.Tile;
import io.ennead.expert.pack.PackDirectory;
import io.ennead.node.Dialer;
import io.ennead.node.Readiness;
import io.ennead.node.Tracing;
import io.ennead.router.balance.Balancer;
import io.ennead.router.console.Timeline;
import io.ennead.router.dispatch.DispatchMetrics;
import io.ennead.router.dispatch.ExpertRowCounts;
import io.ennead.router.dispatch.LayerMetrics;
import io.ennead.router.dispatch.RemoteExpertLayer;
import io.ennead.router.moe.ActivePacks;
import io.ennead.router.pack.PackFingerprints;
import io.ennead.router.pack.PackOperator;
import io.ennead.router.peer.Expectations;
import io.ennead.router.peer.ExpertHolder;
import io.ennead.router.peer.PeerMetrics;
import io.ennead.router.peer.PeerMonitor;
import io.ennead.router.placement.PlacementTracker;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A router's way to its expert nodes: peers, placement and dispatch. A router node has one below
 * its model; by itself it is what a benchmark of the transport measures.
 *
 * <p>Safe for use by several threads.
 */
public final class ExpertDispatch implements AutoCloseable {
  private final Readiness readiness;
  private final PeerMonitor monitor;
  private final RemoteExpertLayer layer;
  private final ExpertRowCounts counts;
  private final PlacementTracker placement;
  private final PackFingerprints packs;

  private ExpertDispatch(
      Readiness readiness,
      PeerMonitor monitor,
      RemoteExpertLayer layer,
      ExpertRowCounts counts,
      PlacementTracker placement,
      PackFingerprints packs) {
    this.placement = placement;
    this.packs = packs;
    this.readiness = readiness;
    this.monitor = monitor;
    this.layer = layer;
    this.counts = counts;
  }

  /**
   * Connects to the expert nodes of a configuration, without TLS; nothing of the model's weights is
   * loaded.
   */
  public static ExpertDispatch connect(RouterConfig config) {
    Checkpoint checkpoint = Checkpoint.open(config.model());
    return start(
        config,
        checkpoint,
        Fingerprints.model(checkpoint),
        Dialer.PLAINTEXT,
        Tracing.OFF,
        new Timeline(),
        new Readiness(),
        new PrometheusRegistry());
  }

  static ExpertDispatch start(
      RouterConfig config,
      Checkpoint checkpoint,
      String fingerprint,
      Dialer dialer,
      Tracing tracing,
      Timeline timeline,
      Readiness readiness,
      PrometheusRegistry registry) {
    ModelConfig model = checkpoint.config();
    PackFingerprints packs = new PackFingerprints();
    PlacementTracker placement =
        new PlacementTracker(model.moeLayers(), model.experts(), packs, readiness);
    Expectations expected =
        new Expectations(
            fingerprint,
            config.dtype(),
            config.batchInvariant(),
            model.hiddenSize(),
            model.experts(),
            config.pool().allowMixedNumerics(),
            config.pool().verifyExperts()
                ? new KnownExperts(checkpoint)
                : Expectations.ExpertFingerprints.UNKNOWN);
    PeerMonitor monitor =
        PeerMonitor.start(
            config.pool().peers(),
            dialer.traced(tracing),
            expected,
            config.pool().probing(),
            peers -> {
              placement.update(peers);
              timeline.look(peers);
            });
    ExpertRowCounts counts = new ExpertRowCounts(model.moeLayers(), model.experts());
    placement.register(registry);
    PeerMetrics.register(registry, monitor::peers);
    DispatchMetrics metrics = metrics(config, model, registry);
    metrics.expect(monitor.peers());
    RemoteExpertLayer layer =
        new RemoteExpertLayer(
            placement::current,
            model.hiddenSize(),
            config.pool().patience(),
            metrics,
            counts,
            timeline,
            tracing);
    return new ExpertDispatch(readiness, monitor, layer, counts, placement, packs);
  }

  private static DispatchMetrics metrics(
      RouterConfig config, ModelConfig model, PrometheusRegistry registry) {
    return new DispatchMetrics(
        registry,
        model.experts(),
        config.layerMetrics()
            ? Optional.of(new LayerMetrics(registry, model.moeLayers(), model.experts()))
            : Optional.empty());
  }

  RemoteExpertLayer layer() {
    return layer;
  }

  /** All nodes known now. */
  List<ExpertHolder> nodes() {
    return monitor.peers();
  }

  /** What is dispatched. */
  ExpertRowCounts counts() {
    return counts;
  }

  /** Moves experts between the nodes. */
  Balancer balancer() {
    return new Balancer(monitor::peers, counts);
  }

  /** Adds packs to the nodes and to a gate, which gets those of the last run. */
  PackOperator packs(
      Balancer balancer, PackDirectory directory, ActivePacks active, PoolConfig pool) {
    return PackOperator.open(
        balancer,
        directory,
        pool.activePacksFile(),
        packs,
        active,
        () -> placement.update(List.copyOf(monitor.peers())),
        pool.packEndLimit());
  }

  /**
   * Waits until every expert can be reached.
   *
   * @throws IllegalStateException when the time is over, saying what is missing
   */
  public void awaitReady(Duration limit) throws InterruptedException {
    readiness.await(limit);
  }

  /**
   * Runs rows through their experts, all with weight 1, and adds up.
   *
   * @param layer layer index
   * @param tile whose tiles the kernels use
   * @param rows [n, hidden]
   * @param experts [n, k] ids: the same number for each row
   * @return [n, hidden]
   * @throws io.ennead.errors.ServingException of the first row that failed
   */
  public float[] forward(int layer, Tile tile, float[] rows, int expertsPerRow, int[] experts) {
    return EqualWeights.forward(this.layer, layer, tile, rows, expertsPerRow, experts);
  }

  /** Closes every connection; calls in progress fail. */
  @Override
  public void close() {
    monitor.close();
  }
}
