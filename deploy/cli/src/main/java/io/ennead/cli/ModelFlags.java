package io.ennead.cli;

import io.ennead.cli.cluster.ClusterPlan;
import io.ennead.cli.cluster.PortPlan;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.checkpoint.family.Families;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which cluster to start on this machine. */
final class ModelFlags {
  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "Model directory (default: the bundled demo model).")
  private @Nullable Path model;

  @Option(
      names = "--dtype",
      defaultValue = "f32",
      paramLabel = "TYPE",
      description = "Compute type, f32, bf16 or int8 (default: ${DEFAULT-VALUE}).")
  private String dtype = "";

  @Option(
      names = "--nodes",
      defaultValue = "8",
      paramLabel = "N",
      description = "Expert nodes (default: ${DEFAULT-VALUE}).")
  private int nodes;

  @Option(
      names = "--replicas",
      defaultValue = "1",
      paramLabel = "N",
      description = "Expert nodes that hold each expert (default: ${DEFAULT-VALUE}).")
  private int replicas;

  @Option(
      names = "--router-set",
      paramLabel = "KEY=VALUE",
      description =
          "A setting of the router (router --help lists them); may be given several times.")
  private List<String> routerSettings = List.of();

  @Option(
      names = "--expert-set",
      paramLabel = "KEY=VALUE",
      description =
          "A setting of every expert node (expert --help lists them); may be given several times.")
  private List<String> expertSettings = List.of();

  @Option(
      names = "--base-port",
      defaultValue = "" + PortPlan.DEFAULT_BASE,
      paramLabel = "PORT",
      description =
          "The router's port; the others follow from it. 0: free ports (default:"
              + " ${DEFAULT-VALUE}).")
  private int basePort;

  int basePort() {
    return basePort;
  }

  ClusterPlan plan() {
    Path directory = model == null ? Home.demoModel() : model.toAbsolutePath();
    ModelConfig config = Families.read(directory.resolve("config.json"));
    return new ClusterPlan(
        directory,
        dtype,
        config.experts(),
        PortPlan.of(basePort, nodes),
        replicas,
        flags(expertSettings),
        flags(routerSettings));
  }

  private static List<String> flags(List<String> settings) {
    return settings.stream().map(setting -> "--" + setting).toList();
  }
}
