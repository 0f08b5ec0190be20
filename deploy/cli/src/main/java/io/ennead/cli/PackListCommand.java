package io.ennead.cli;

import io.ennead.client.ClusterClient;
import io.ennead.v1.ActivePack;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(name = "list", description = "Shows the packs of a running cluster.")
final class PackListCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ClusterConnection connection = new ClusterConnection();

  @Override
  public Integer call() {
    Table table = new Table().row("pack", "experts", "layers", "nodes", "chosen");
    try (ClusterClient client = connection.open()) {
      client.packs(connection.limit()).getPacksList().forEach(pack -> add(table, pack));
    }
    table.print(spec.commandLine().getOut());
    return 0;
  }

  private static void add(Table table, ActivePack pack) {
    table.row(
        pack.getName() + "@" + pack.getVersion(),
        ids(pack),
        pack.getLayersList().stream().map(String::valueOf).collect(Collectors.joining(",")),
        pack.getNodesCount() == 0 ? "none" : String.join(", ", pack.getNodesList()),
        pack.getSuppressed() ? "never" : "as the gate says");
  }

  /** As "e8" or "e8 to e9". */
  static String ids(ActivePack pack) {
    int first = pack.getFirstExpert();
    return pack.getExperts() == 1
        ? "e" + first
        : "e%d to e%d".formatted(first, first + pack.getExperts() - 1);
  }
}
