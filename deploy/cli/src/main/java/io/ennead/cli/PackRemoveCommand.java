package io.ennead.cli;

import io.ennead.client.ClusterClient;
import io.ennead.expert.pack.PackId;
import io.ennead.v1.RemovePackRequest;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "remove",
    description =
        "Takes a pack away from a running cluster: new requests do without it at once, those that"
            + " began with it finish, then nodes free its experts.")
final class PackRemoveCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ClusterConnection connection = new ClusterConnection();

  @Parameters(
      paramLabel = "NAME[@VERSION]",
      converter = PackIdConverter.class,
      description = "The pack (version: 1).")
  private PackId pack = new PackId("none", "1");

  @Option(
      names = "--keep-loaded",
      description = "Leave its experts on the nodes: on every router of a pool but the last one.")
  private boolean keepLoaded;

  @Override
  public Integer call() {
    RemovePackRequest request =
        RemovePackRequest.newBuilder()
            .setName(pack.name())
            .setVersion(pack.version())
            .setKeepLoaded(keepLoaded)
            .build();
    try (ClusterClient client = connection.open()) {
      client.removePack(request, connection.limit());
    }
    spec.commandLine().getOut().printf("removed %s%n", pack);
    return 0;
  }
}
