package io.ennead.cli;

import io.ennead.cli.cluster.PortPlan;
import io.ennead.cli.cluster.RunDirectory;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which cluster of processes a command is about. */
final class RunDirectoryFlags {
  @Option(
      names = "--run-dir",
      paramLabel = "DIR",
      description = "Where logs and the list of processes are (default: ~/.ennead/cluster-PORT).")
  private @Nullable Path directory;

  RunDirectory of(int basePort) {
    return directory == null ? RunDirectory.ofBasePort(basePort) : new RunDirectory(directory);
  }

  /** For commands that need no more of a cluster than where it is recorded. */
  static final class WithBasePort {
    @Option(
        names = "--base-port",
        defaultValue = "" + PortPlan.DEFAULT_BASE,
        paramLabel = "PORT",
        description = "The cluster's base port (default: ${DEFAULT-VALUE}).")
    private int basePort;

    int basePort() {
      return basePort;
    }
  }
}
