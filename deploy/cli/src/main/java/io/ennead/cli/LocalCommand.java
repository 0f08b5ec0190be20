package io.ennead.cli;

import io.ennead.cli.cluster.ClusterPlan;
import io.ennead.cli.cluster.LocalCluster;
import io.ennead.client.EnneadClient;
import io.ennead.client.Generation;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.Ansi.Style;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
    name = "local",
    description =
        "Runs a whole cluster in one process, router and expert nodes on loopback ports; streams a"
            + " sample continuation, then serves until Ctrl-C.")
final class LocalCommand implements Callable<Integer> {
  private static final Duration START_LIMIT = Duration.ofMinutes(10);
  private static final Duration SAMPLE_LIMIT = Duration.ofMinutes(10);

  @Spec private CommandSpec spec = CommandSpec.create();
  @ParentCommand private Main main = new Main();
  @Mixin private ModelFlags model = new ModelFlags();
  @Mixin private RequestFlags request = new RequestFlags();

  @Option(
      names = "--prompt",
      defaultValue = "Once upon a time",
      paramLabel = "TEXT",
      description = "What the sample continues (default: ${DEFAULT-VALUE}).")
  private String prompt = "";

  @Option(names = "--exit", description = "Stop after the sample.")
  private boolean exit;

  @Override
  public Integer call() throws InterruptedException {
    if (!main.verbose()) {
      System.setProperty("ennead.log.level", "WARN"); // nine nodes share this terminal
    }
    PrintWriter out = spec.commandLine().getOut();
    ClusterPlan plan = model.plan();
    out.printf("Starting a router and %d expert nodes with %s%n", plan.nodes(), plan.model());
    out.flush();
    try (LocalCluster cluster = LocalCluster.start(plan, START_LIMIT)) {
      Runtime.getRuntime().addShutdownHook(new Thread(cluster::close)); // Ctrl-C
      out.printf(Locale.ROOT, "Ready after %.1f s%n", secondsSinceStart());
      Addresses.print(plan.ports(), Optional.empty(), out);
      sample(plan.ports().router().address(), out);
      if (!exit) {
        serve(out);
      }
    }
    return 0;
  }

  /** Streams one continuation through the front door, as any client would. */
  private void sample(String address, PrintWriter out) {
    GenerateRequest generate = request.request(prompt).build();
    out.print("\n" + bold(prompt));
    out.flush();
    try (EnneadClient client = EnneadClient.connect(address);
        Generation pieces = client.generate(generate, SAMPLE_LIMIT)) {
      while (pieces.hasNext()) {
        print(pieces.next(), out);
      }
    }
  }

  private static String bold(String text) {
    return Ansi.AUTO.enabled() ? Style.bold.on() + text + Style.reset.on() : text;
  }

  private static void print(GenerateResponse piece, PrintWriter out) {
    out.print(piece.getText());
    if (piece.hasFinish()) {
      out.println("\n");
      out.println(Summary.of(piece.getFinish()));
    }
    out.flush();
  }

  private static void serve(PrintWriter out) throws InterruptedException {
    out.println("Serving; Ctrl-C stops.");
    out.flush();
    new CountDownLatch(1).await(); // the shutdown hook ends the process
  }

  private static double secondsSinceStart() {
    long start = ManagementFactory.getRuntimeMXBean().getStartTime();
    return (System.currentTimeMillis() - start) / 1000.0;
  }
}
