package io.ennead.cli.cluster;

import io.ennead.expert.ExpertConfig;
import io.ennead.expert.ExpertNode;
import io.ennead.expert.engine.TorchExperts;
import io.ennead.node.ConfigLoader;
import io.ennead.router.RouterConfig;
import io.ennead.router.RouterNode;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A cluster in this JVM: every node on its own loopback ports, talking gRPC as nine processes
 * would.
 *
 * <p>Closing stops the router first, then the expert nodes. Thread-safe; closing twice is harmless.
 */
public final class LocalCluster implements AutoCloseable {
  private final Deque<AutoCloseable> nodes = new ArrayDeque<>(); // last started, first stopped

  private LocalCluster() {}

  /** Starts every node and returns when all are ready. */
  public static LocalCluster start(ClusterPlan plan, Duration limit) throws InterruptedException {
    return start(plan, limit, PrometheusRegistry::new);
  }

  /** The same with registries of the caller's: each expert node's, in order, then the router's. */
  public static LocalCluster start(
      ClusterPlan plan, Duration limit, Supplier<PrometheusRegistry> registries)
      throws InterruptedException {
    LocalCluster cluster = new LocalCluster();
    try {
      cluster.startNodes(plan, limit, registries);
      return cluster;
    } catch (RuntimeException | InterruptedException e) {
      cluster.close();
      throw e;
    }
  }

  @Override
  public synchronized void close() {
    List<Exception> failures = new ArrayList<>();
    while (!nodes.isEmpty()) {
      try {
        nodes.pop().close();
      } catch (Exception e) {
        failures.add(e); // the others must still be closed
      }
    }
    if (!failures.isEmpty()) {
      Exception first = failures.get(0);
      throw new ClusterException("a node did not stop: " + first.getMessage(), first);
    }
  }

  private void startNodes(ClusterPlan plan, Duration limit, Supplier<PrometheusRegistry> registries)
      throws InterruptedException {
    plan.ports().requireFree();
    long end = System.nanoTime() + limit.toNanos();
    for (int i = 0; i < plan.nodes(); i++) {
      ExpertConfig config = config(ExpertConfig.class, "expert", plan.expertFlags(i));
      ExpertNode expert = // no progress bar
          register(ExpertNode.start(config, TorchExperts::load, registries.get()));
      expert.awaitReady(Duration.ofNanos(end - System.nanoTime()));
    }
    RouterConfig config = config(RouterConfig.class, "router", plan.routerFlags());
    RouterNode router = register(RouterNode.start(config, registries.get()));
    router.awaitReady(Duration.ofNanos(end - System.nanoTime()));
  }

  private synchronized <T extends AutoCloseable> T register(T node) {
    nodes.push(node);
    return node;
  }

  private static <T extends Record> T config(Class<T> type, String program, List<String> flags) {
    return ConfigLoader.load(type, program, flags, Map.of());
  }
}
