package io.ennead.cli;

import io.ennead.client.ClusterClient;
import io.ennead.expert.pack.PackId;
import io.ennead.v1.ActivePack;
import io.ennead.v1.AddPackRequest;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "add",
    description =
        "Adds a pack to a running cluster: nodes load its experts, then new requests choose from"
            + " them. The pack lies below --packs of the router and of every expert node.")
final class PackAddCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ClusterConnection connection = new ClusterConnection();

  @Parameters(
      paramLabel = "NAME[@VERSION]",
      converter = PackIdConverter.class,
      description = "The pack (version: 1).")
  private PackId pack = new PackId("none", "1");

  @Option(
      names = "--replicas",
      defaultValue = "1",
      converter = CountConverter.class,
      paramLabel = "N",
      description = "Expert nodes that hold each of its experts (default: ${DEFAULT-VALUE}).")
  private int replicas;

  @Option(names = "--suppressed", description = "Load its experts and never choose them.")
  private boolean suppressed;

  @Override
  public Integer call() {
    AddPackRequest request =
        AddPackRequest.newBuilder()
            .setName(pack.name())
            .setVersion(pack.version())
            .setReplicas(replicas)
            .setSuppressed(suppressed)
            .build();
    try (ClusterClient client = connection.open()) {
      ActivePack added = client.addPack(request, connection.limit()).getPack();
      spec.commandLine()
          .getOut()
          .printf(
              "added %s: %s on %s%n",
              pack, PackListCommand.ids(added), String.join(", ", added.getNodesList()));
    }
    return 0;
  }
}
