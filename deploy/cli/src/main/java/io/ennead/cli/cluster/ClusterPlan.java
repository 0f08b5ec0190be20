package io.ennead.cli.cluster;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A cluster on one machine: a router, and expert nodes that share the model's experts evenly.
 *
 * @param model model directory
 * @param dtype compute dtype, "f32", "bf16" or "int8"
 * @param modelExperts routed experts per layer
 * @param ports where the nodes listen; also says how many expert nodes there are
 */
public record ClusterPlan(Path model, String dtype, int modelExperts, PortPlan ports) {
  /** Native threads per node: nine nodes share one machine. */
  private static final int THREADS = 1;

  /** Checks that every node gets an expert. */
  public ClusterPlan {
    int nodes = ports.experts().size();
    if (nodes < 1 || nodes > modelExperts) {
      throw new ClusterException("nodes: %d (expected: 1 to %d)".formatted(nodes, modelExperts));
    }
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
    int first = node * modelExperts / nodes();
    int last = (node + 1) * modelExperts / nodes() - 1;
    return first == last ? Integer.toString(first) : first + "-" + last;
  }

  /** Flags of an expert node. */
  public List<String> expertFlags(int node) {
    PortPlan.Ports own = ports.experts().get(node);
    return flags(own, "--experts", expertsOf(node), "--node-name", nodeName(node));
  }

  /** Flags of the router. */
  public List<String> routerFlags() {
    String addresses =
        String.join(",", ports.experts().stream().map(PortPlan.Ports::address).toList());
    return flags(ports.router(), "--expert-nodes", addresses);
  }

  /** The numbers of the expert nodes, from 0. */
  public IntStream expertNodes() {
    return IntStream.range(0, nodes());
  }

  private List<String> flags(PortPlan.Ports own, String... more) {
    List<String> common =
        List.of(
            "--model", model.toString(),
            "--dtype", dtype,
            "--host", "127.0.0.1",
            "--port", Integer.toString(own.grpc()),
            "--admin-port", Integer.toString(own.admin()),
            "--threads", Integer.toString(THREADS));
    return Stream.concat(common.stream(), Arrays.stream(more)).toList();
  }
}
