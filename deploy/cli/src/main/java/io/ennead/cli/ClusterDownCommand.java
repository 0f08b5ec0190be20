package io.ennead.cli;

import io.ennead.cli.cluster.NodeRecord;
import io.ennead.cli.cluster.ProcessCluster;
import io.ennead.cli.cluster.ProcessCluster.Ended;
import io.ennead.cli.cluster.RunDirectory;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(name = "down", description = "Ends the processes that cluster up started, and no others.")
final class ClusterDownCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private RunDirectoryFlags flags = new RunDirectoryFlags();
  @Mixin private RunDirectoryFlags.WithBasePort base = new RunDirectoryFlags.WithBasePort();

  @Option(
      names = "--grace",
      defaultValue = "40s", // nodes give their calls 30 s
      converter = DurationConverter.class,
      paramLabel = "TIME",
      description =
          "Time for the router, and then for the expert nodes, to end by themselves; killed after"
              + " it (default: ${DEFAULT-VALUE}).")
  private Duration grace = Duration.ZERO;

  @Override
  public Integer call() {
    RunDirectory directory = flags.of(base.basePort());
    Ended result = new ProcessCluster(directory).down(grace);
    result.left().forEach(node -> warn(node, directory));
    boolean nothing = result.ended() == 0 && result.left().isEmpty();
    spec.commandLine().getOut().println(nothing ? "nothing runs" : result.ended() + " nodes ended");
    return result.left().isEmpty() ? 0 : 1;
  }

  private void warn(NodeRecord node, RunDirectory directory) {
    spec.commandLine()
        .getErr()
        .printf(
            "%s: process %d runs, but is not known to be this node or did not end; left alone and"
                + " still recorded in %s%n",
            node.name(), node.pid(), directory.path());
  }
}
