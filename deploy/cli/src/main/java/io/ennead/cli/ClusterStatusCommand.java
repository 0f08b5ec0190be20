package io.ennead.cli;

import io.ennead.cli.cluster.NodeRecord;
import io.ennead.cli.cluster.ProcessCluster;
import io.ennead.cli.cluster.ProcessCluster.NodeStatus;
import io.ennead.cli.cluster.RunDirectory;
import java.io.PrintWriter;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "status",
    description = "Shows the nodes that cluster up started.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:all nodes are ready", "1:some are not, or there are none", "2:wrong usage"})
final class ClusterStatusCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private RunDirectoryFlags flags = new RunDirectoryFlags();
  @Mixin private RunDirectoryFlags.WithBasePort base = new RunDirectoryFlags.WithBasePort();

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    RunDirectory directory = flags.of(base.basePort());
    List<NodeStatus> nodes = new ProcessCluster(directory).status();
    if (nodes.isEmpty()) {
      out.println("no cluster in " + directory.path());
      return 1;
    }
    Table table = new Table().row("node", "pid", "state", "grpc", "admin", "memory", "readyz");
    nodes.forEach(status -> add(table, status));
    table.print(out);
    return nodes.stream().allMatch(NodeStatus::ready) ? 0 : 1;
  }

  private static void add(Table table, NodeStatus status) {
    NodeRecord node = status.node();
    table.row(
        node.name(),
        node.pid(),
        state(status),
        node.port(),
        node.adminPort(),
        megabytes(status.residentBytes()),
        status.readyz().replaceAll("\\s+", " "));
  }

  private static String state(NodeStatus status) {
    if (!status.running()) {
      return "gone";
    }
    return status.ready() ? "ready" : "not ready";
  }

  private static String megabytes(OptionalLong bytes) {
    return bytes.isPresent() ? (bytes.getAsLong() >> 20) + " MiB" : "-";
  }
}
