package io.ennead.cli.survival;

import io.ennead.cli.cluster.ClusterPlan;
import io.ennead.cli.cluster.NodeLauncher;
import io.ennead.cli.cluster.PortPlan;
import io.ennead.cli.cluster.PortPlan.Ports;
import io.ennead.cli.cluster.RunDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Eight expert nodes and one or more routers, each a process of its own, with fault proxies before
 * the expert nodes that want one. Whatever happens to this JVM, its processes end with it.
 */
final class TestCluster implements AutoCloseable {
  static final Duration START_LIMIT = Duration.ofMinutes(3);
  static final int NODES = 8;
  static final long PROXY_SEED = 1;

  private static final Path MODEL = Path.of("../models/demo").toAbsolutePath().normalize();
  private static final int EXPERTS = 8;

  private final ClusterPlan plan;
  private final Path directory;
  private final SortedMap<Integer, FaultProxy> proxies = new TreeMap<>();
  private final Map<String, Integer> runs = new ConcurrentHashMap<>();
  private final List<Node> experts = new ArrayList<>();
  private final List<Node> routers = new ArrayList<>();
  private final List<Integer> clusterPorts = new ArrayList<>();
  private final Thread atExit = new Thread(this::killAll);

  private TestCluster(ClusterPlan plan, Path directory) {
    this.plan = plan;
    this.directory = directory;
  }

  /**
   * Starts all nodes and waits till they are ready.
   *
   * @param proxied expert nodes that get a proxy
   */
  static TestCluster start(
      int replicas, int routers, List<Integer> proxied, Path directory, String... routerFlags)
      throws IOException {
    ClusterPlan plan =
        new ClusterPlan(MODEL, "f32", EXPERTS, PortPlan.of(0, NODES))
            .withReplicas(replicas)
            .withRouterFlags(routerFlags);
    TestCluster cluster = new TestCluster(plan, directory);
    Runtime.getRuntime().addShutdownHook(cluster.atExit);
    try {
      cluster.startNodes(routers, proxied);
      return cluster;
    } catch (IOException | RuntimeException | Error e) {
      cluster.close();
      throw e;
    }
  }

  private void startNodes(int routerCount, List<Integer> proxied) throws IOException {
    for (int i = 0; i < NODES; i++) {
      int node = i;
      Ports ports = plan.ports().experts().get(i);
      String name = plan.nodeName(i);
      experts.add(Node.start(name, ports, () -> launcher(name).startExpert(plan, node)));
    }
    for (int node : proxied) {
      int port = plan.ports().experts().get(node).grpc();
      proxies.put(node, FaultProxy.open(port, PROXY_SEED + node));
    }
    for (int i = 0; i < routerCount; i++) {
      startRouter(i);
    }
    nodes().forEach(node -> node.awaitReady(START_LIMIT));
  }

  private void startRouter(int number) {
    ClusterPlan own = throughProxies(number == 0 ? plan.ports() : PortPlan.of(0, 0));
    String name = "router-" + number;
    clusterPorts.add(own.ports().cluster());
    routers.add(Node.start(name, own.ports().router(), () -> launcher(name).startRouter(own)));
  }

  /** Each process of a node has a log of its own: name/1, name/2, and so on. */
  private NodeLauncher launcher(String node) {
    int run = runs.merge(node, 1, Integer::sum);
    return new NodeLauncher(
        new RunDirectory(directory.resolve(node).resolve(Integer.toString(run))));
  }

  /** The plan as a router sees it: proxies stand where their nodes do. */
  private ClusterPlan throughProxies(PortPlan own) {
    List<Ports> seen =
        plan.expertNodes().mapToObj(node -> seen(node, plan.ports().experts().get(node))).toList();
    return new ClusterPlan(
        plan.model(),
        plan.dtype(),
        plan.modelExperts(),
        new PortPlan(own.router(), own.http(), own.cluster(), seen),
        plan.replicas(),
        plan.expertExtras(),
        plan.routerExtras());
  }

  private Ports seen(int node, Ports ports) {
    return proxies.containsKey(node) ? new Ports(proxies.get(node).port(), ports.admin()) : ports;
  }

  int routers() {
    return routers.size();
  }

  Node expert(int number) {
    return experts.get(number);
  }

  Node router(int number) {
    return routers.get(number);
  }

  /** A router's port for operators. */
  String clusterAddress(int router) {
    return "127.0.0.1:" + clusterPorts.get(router);
  }

  FaultProxy proxy(int node) {
    FaultProxy proxy = proxies.get(node);
    if (proxy == null) {
      throw new IllegalArgumentException("no proxy before expert node " + node);
    }
    return proxy;
  }

  Stream<Node> nodes() {
    return Stream.concat(experts.stream(), routers.stream());
  }

  /** Where the nodes' logs are. */
  Path directory() {
    return directory;
  }

  /** Ends what a test has left: toxics, frozen and dead processes. */
  void heal() {
    proxies.values().forEach(FaultProxy::clear);
    nodes().forEach(TestCluster::revive);
    nodes().forEach(node -> node.awaitReady(START_LIMIT));
  }

  private static void revive(Node node) {
    if (node.isAlive()) {
      node.thaw();
    } else {
      node.restart();
    }
  }

  private void killAll() {
    nodes().forEach(Node::close);
  }

  @Override
  public void close() throws IOException {
    Runtime.getRuntime().removeShutdownHook(atExit);
    killAll();
    for (FaultProxy proxy : proxies.values()) {
      proxy.close();
    }
  }
}
