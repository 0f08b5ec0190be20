package io.ennead.cli;

import io.ennead.cli.cluster.ClusterPlan;
import io.ennead.cli.cluster.ProcessCluster;
import io.ennead.cli.cluster.RunDirectory;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "up",
    description = "Starts the nodes, one process each, and waits till all are ready.")
final class ClusterUpCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ModelFlags model = new ModelFlags();
  @Mixin private RunDirectoryFlags flags = new RunDirectoryFlags();

  @Option(
      names = "--timeout",
      defaultValue = "2m",
      converter = DurationConverter.class,
      paramLabel = "TIME",
      description = "Time limit of the start (default: ${DEFAULT-VALUE}).")
  private Duration limit = Duration.ZERO;

  @Option(
      names = "--tls",
      description =
          "Mutual TLS between all nodes and with clients; certificates of a development CA go into"
              + " the run directory.")
  private boolean tls;

  @Option(
      names = "--router-flag",
      paramLabel = "FLAG",
      description = "Another flag of the router, such as --max-queue-time=1s; may be repeated.")
  private List<String> routerFlags = List.of();

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    ClusterPlan plan = model.plan().withRouterFlags(routerFlags.toArray(String[]::new));
    RunDirectory directory = flags.of(model.basePort());
    out.printf("Starting a router and %d expert nodes with %s%n", plan.nodes(), plan.model());
    ProcessCluster cluster = new ProcessCluster(directory);
    cluster.up(plan, tls, limit, (ready, all) -> progress(ready, all, out));
    out.printf(Locale.ROOT, "Ready after %.1f s; logs in %s%n", seconds(), directory.path());
    Addresses.print(plan.ports(), cluster.tls(), out);
    return 0;
  }

  private static void progress(int ready, int all, PrintWriter out) {
    boolean terminal = Ansi.AUTO.enabled();
    String line = "%d of %d nodes are ready".formatted(ready, all);
    out.print(terminal ? "\r" + line : line);
    out.print(terminal && ready < all ? "" : "\n");
    out.flush();
  }

  private static double seconds() {
    long start = ManagementFactory.getRuntimeMXBean().getStartTime();
    return (System.currentTimeMillis() - start) / 1000.0;
  }
}
