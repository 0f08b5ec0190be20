package io.ennead.cli;

import io.ennead.client.ClusterClient;
import io.ennead.v1.ClusterNode;
import io.ennead.v1.GetPlacementResponse;
import io.ennead.v1.PlacedExpert;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "list",
    description = "Shows the nodes, and for every expert the nodes that hold it and its load.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:every expert is held", "1:some is not", "2:wrong usage"})
final class ExpertsListCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ClusterConnection connection = new ClusterConnection();

  @Override
  public Integer call() {
    GetPlacementResponse placement = ask();
    PrintWriter out = spec.commandLine().getOut();
    Table nodes = new Table().row("node", "address", "state");
    placement.getNodesList().forEach(node -> add(nodes, node));
    nodes.print(out);
    out.println();
    Table experts = new Table().row("expert", "layers", "nodes", "rows");
    byPlace(placement).values().forEach(group -> add(experts, group));
    experts.print(out);
    boolean missing = placement.getExpertsList().stream().anyMatch(e -> e.getNodesCount() == 0);
    return missing ? 1 : 0;
  }

  private GetPlacementResponse ask() {
    try (ClusterClient client = connection.open()) {
      return client.placement(connection.limit());
    }
  }

  private static void add(Table table, ClusterNode node) {
    table.row(node.getName(), node.getAddress(), node.getState());
  }

  /** Layers in which an expert is on the same nodes make one line. */
  private static Map<List<Object>, List<PlacedExpert>> byPlace(GetPlacementResponse placement) {
    return placement.getExpertsList().stream()
        .sorted((a, b) -> Integer.compare(a.getExpert(), b.getExpert()))
        .collect(
            Collectors.groupingBy(
                expert -> List.of(expert.getExpert(), List.copyOf(expert.getNodesList())),
                LinkedHashMap::new,
                Collectors.toList()));
  }

  private static void add(Table table, List<PlacedExpert> group) {
    PlacedExpert first = group.get(0);
    table.row(
        "e" + first.getExpert(),
        group.stream().map(e -> Integer.toString(e.getLayer())).collect(Collectors.joining(",")),
        first.getNodesCount() == 0 ? "none" : String.join(", ", first.getNodesList()),
        group.stream().mapToLong(PlacedExpert::getRows).sum());
  }
}
