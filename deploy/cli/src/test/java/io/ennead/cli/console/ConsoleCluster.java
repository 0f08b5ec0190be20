package io.ennead.cli.console;

import io.ennead.cli.cluster.ClusterPlan;
import io.ennead.cli.cluster.PortPlan;
import io.ennead.expert.ExpertConfig;
import io.ennead.expert.ExpertNode;
import io.ennead.expert.engine.TorchExperts;
import io.ennead.node.ConfigLoader;
import io.ennead.router.RouterConfig;
import io.ennead.router.RouterNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Eight expert nodes that hold each expert twice, and a router, in this JVM; a node can be lost.
 */
final class ConsoleCluster implements AutoCloseable {
  private static final Path MODEL = Path.of("../models/demo").toAbsolutePath().normalize();
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final int NODES = 8;

  private final ClusterPlan plan;
  private final List<ExpertNode> experts = new ArrayList<>();
  private final RouterNode router;

  ConsoleCluster(String... routerFlags) throws InterruptedException {
    plan =
        new ClusterPlan(MODEL, "f32", 8, PortPlan.of(0, NODES))
            .withReplicas(2)
            .withRouterFlags(routerFlags);
    plan.expertNodes().forEach(i -> experts.add(expert(i)));
    for (ExpertNode expert : experts) {
      expert.awaitReady(LIMIT);
    }
    router =
        RouterNode.start(
            ConfigLoader.load(RouterConfig.class, "router", plan.routerFlags(), Map.of()));
    router.awaitReady(LIMIT);
  }

  private ExpertNode expert(int i) {
    return ExpertNode.start(
        ConfigLoader.load(ExpertConfig.class, "expert", plan.expertFlags(i), Map.of()),
        TorchExperts::load);
  }

  /** The page's address. */
  String console() {
    return "http://127.0.0.1:%d/console".formatted(router.adminPort());
  }

  /** Address of the router's gRPC. */
  String grpc() {
    return plan.ports().router().address();
  }

  /** Ends an expert node; the others hold what it held. */
  void lose(int node) {
    experts.get(node).close();
  }

  /** Starts it again. */
  void restart(int node) throws InterruptedException {
    experts.set(node, expert(node));
    experts.get(node).awaitReady(LIMIT);
  }

  @Override
  public void close() {
    router.close();
    experts.forEach(ExpertNode::close);
  }
}
