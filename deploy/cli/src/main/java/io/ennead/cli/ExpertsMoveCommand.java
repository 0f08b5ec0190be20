package io.ennead.cli;

import io.ennead.client.ClusterClient;
import io.ennead.v1.MoveExpertRequest;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "move",
    description =
        "Moves an expert to another node while requests go on. Without --from a replica is added,"
            + " without --to one is taken away.")
final class ExpertsMoveCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ClusterConnection connection = new ClusterConnection();

  @Parameters(paramLabel = "EXPERT", converter = IndexConverter.class, description = "Expert id.")
  private int expert;

  @Option(
      names = "--layer",
      converter = IndexConverter.class,
      paramLabel = "LAYER",
      description = "Only of this layer (default: of every layer).")
  private @Nullable Integer layer;

  @Option(names = "--from", paramLabel = "NODE", description = "Name of the node that frees it.")
  private String from = "";

  @Option(names = "--to", paramLabel = "NODE", description = "Name of the node that loads it.")
  private String to = "";

  @Override
  public Integer call() {
    MoveExpertRequest.Builder request =
        MoveExpertRequest.newBuilder().setExpert(expert).setFrom(from).setTo(to);
    if (layer != null) {
      request.setLayer(layer);
    }
    try (ClusterClient client = connection.open()) {
      client.move(request.build(), connection.limit());
    }
    spec.commandLine().getOut().printf("moved e%d%n", expert);
    return 0;
  }
}
