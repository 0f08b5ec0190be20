package io.ennead.cli.cluster;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A cluster on one machine: a router, and expert nodes that share the model's experts evenly, each
 * expert on as many nodes as there are replicas.
 *
 * @param model model directory
 * @param dtype compute dtype, "f32", "bf16" or "int8"
 * @param modelExperts routed experts per layer
 * @param ports where the nodes listen; also says how many expert nodes there are
 * @param replicas nodes that hold each expert; divides the number of nodes
 * @param expertExtras more flags of every expert node
 * @param routerExtras more flags of the router
 */
public record ClusterPlan(
    Path model,
    String dtype,
    int modelExperts,
    PortPlan ports,
    int replicas,
    List<String> expertExtras,
    List<String> routerExtras) {
  /** Native threads per node: nine nodes share one machine. */
  private static final int THREADS = 1;

  /** Checks that every node gets an expert. */
  public ClusterPlan {
    expertExtras = List.copyOf(expertExtras);
    routerExtras = List.copyOf(routerExtras);
    int nodes = ports.experts().size();
    if (replicas < 1 || nodes % replicas != 0) {
      throw new ClusterException(
          "replicas: %d (expected: a divisor of the %d nodes)".formatted(replicas, nodes));
    }
    if (nodes < 1 || nodes / replicas > modelExperts) {
      throw new ClusterException(
          "nodes: %d (expected: 1 to %d)".formatted(nodes, modelExperts * replicas));
    }
  }

  /** A plan without replicas and further flags. */
  public ClusterPlan(Path model, String dtype, int modelExperts, PortPlan ports) {
    this(model, dtype, modelExperts, ports, 1, List.of(), List.of());
  }

  /** The same with each expert on several nodes. */
  public ClusterPlan withReplicas(int number) {
    return new ClusterPlan(model, dtype, modelExperts, ports, number, expertExtras, routerExtras);
  }

  /** The same with more flags of every expert node. */
  public ClusterPlan withExpertFlags(String... flags) {
    return withMoreFlags(List.of(flags), List.of());
  }

  /** The same with more flags of the router. */
  public ClusterPlan withRouterFlags(String... flags) {
    return withMoreFlags(List.of(), List.of(flags));
  }

  /** The same with more flags of every node. */
  ClusterPlan withMoreFlags(List<String> flags) {
    return withMoreFlags(flags, flags);
  }

  private ClusterPlan withMoreFlags(List<String> ofExperts, List<String> ofRouter) {
    return new ClusterPlan(
        model,
        dtype,
        modelExperts,
        ports,
        replicas,
        Stream.concat(expertExtras.stream(), ofExperts.stream()).toList(),
        Stream.concat(routerExtras.stream(), ofRouter.stream()).toList());
  }

  /** How many expert nodes there are. */
  public int nodes() {
    return ports.experts().size();
  }

  /** Name of an expert node. */
  public String nodeName(int node) {
    return "expert-" + node;
  }

  /** The experts of a node as the nodes' {@code --experts} flag takes them: a contiguous share. */
  public String expertsOf(int node) {
    int shares = nodes() / replicas;
    int share = node % shares;
    int first = share * modelExperts / shares;
    int last = (share + 1) * modelExperts / shares - 1;
    return first == last ? Integer.toString(first) : first + "-" + last;
  }

  /** Flags of an expert node. */
  public List<String> expertFlags(int node) {
    PortPlan.Ports own = ports.experts().get(node);
    return flags(own, expertExtras, "--experts", expertsOf(node), "--node-name", nodeName(node));
  }

  /** Flags of the router. */
  public List<String> routerFlags() {
    String addresses =
        String.join(",", ports.experts().stream().map(PortPlan.Ports::address).toList());
    return flags(
        ports.router(),
        routerExtras,
        "--http-port",
        Integer.toString(ports.http()),
        "--cluster-port",
        Integer.toString(ports.cluster()),
        "--expert-nodes",
        addresses);
  }

  /** The numbers of the expert nodes, from 0. */
  public IntStream expertNodes() {
    return IntStream.range(0, nodes());
  }

  private List<String> flags(PortPlan.Ports own, List<String> extras, String... more) {
    List<String> common =
        List.of(
            "--model", model.toString(),
            "--dtype", dtype,
            "--host", "127.0.0.1",
            "--port", Integer.toString(own.grpc()),
            "--admin-port", Integer.toString(own.admin()),
            "--threads", Integer.toString(THREADS));
    return Stream.of(common, List.of(more), extras).flatMap(List::stream).toList();
  }
}
