package io.ennead.cli;

import io.ennead.cli.bench.GhzConfig;
import io.ennead.cli.bench.GhzConfigException;
import io.ennead.client.EnneadClient;
import io.ennead.client.load.LoadPlan;
import io.ennead.client.load.LoadResult;
import io.ennead.client.load.LoadRun;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "traffic",
    description =
        "Sends requests of mixed lengths to a running router, a fixed number at a time (closed loop)"
            + " or at random moments (open loop), and reports time to the first token, between tokens"
            + " and to the end, throughput, and how many requests met an objective.")
final class TrafficCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Connection connection = new Connection();
  @Mixin private TrafficFlags traffic = new TrafficFlags();
  @Mixin private TrafficReports reports = new TrafficReports();

  @Override
  public Integer call() throws InterruptedException, IOException {
    try {
      GhzConfig config = traffic.config();
      connection.useUnlessGiven(config.host(), config.timeout());
      config.security().ifPresent(connection::useUnlessGiven);
      LoadPlan plan = traffic.plan(config, connection.limit());
      LoadResult result = run(config, plan);
      reports.write(result, config, connection, spec.commandLine().getOut());
      return result.succeeded() > 0 ? 0 : 1;
    } catch (GhzConfigException
        | IllegalArgumentException e) { // made for people, as the flags' are
      throw new CommandException(Failures.describe(e));
    }
  }

  private LoadResult run(GhzConfig config, LoadPlan plan) throws InterruptedException {
    List<EnneadClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < traffic.connections(config); i++) {
        clients.add(connection.open());
      }
      int vocabulary =
          clients.get(0).listModels(connection.limit()).getModels(0).getVocabularySize();
      return follow(new LoadRun(clients, plan, traffic.requests(config, vocabulary)), plan);
    } finally {
      clients.forEach(EnneadClient::close);
    }
  }

  private LoadResult follow(LoadRun run, LoadPlan plan) throws InterruptedException {
    if (!Ansi.AUTO.enabled()) {
      return run.run();
    }
    try (TrafficProgress progress =
        TrafficProgress.follow(run, plan, spec.commandLine().getErr())) {
      return run.run();
    }
  }
}
