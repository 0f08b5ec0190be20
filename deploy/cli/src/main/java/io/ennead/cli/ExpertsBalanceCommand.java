package io.ennead.cli;

import io.ennead.client.ClusterClient;
import io.ennead.v1.ExpertMove;
import io.ennead.v1.RebalancePlan;
import io.ennead.v1.RebalanceRequest;
import io.ennead.v1.RebalanceResponse;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "balance",
    description =
        "Computes from the load how many replicas each expert should have and where, and moves one"
            + " expert at a time while requests go on.")
final class ExpertsBalanceCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ClusterConnection connection = new ClusterConnection();

  @Option(
      names = "--spare",
      converter = IndexConverter.class,
      paramLabel = "N",
      description = "Replicas per layer beyond one of each expert (default: as many as there are).")
  private @Nullable Integer spare;

  @Option(
      names = "--min-gain",
      paramLabel = "X",
      description =
          "Move only in layers whose busiest node gets nearer to the mean load by this share of it"
              + " (default: 0.1).")
  private @Nullable Double minGain;

  @Option(names = "--dry-run", description = "Only show what would be moved.")
  private boolean dryRun;

  @Override
  public Integer call() {
    RebalanceRequest.Builder request = RebalanceRequest.newBuilder().setDryRun(dryRun);
    if (spare != null) {
      request.setSpareReplicas(spare);
    }
    if (minGain != null) {
      request.setMinGain(minGain);
    }
    try (ClusterClient client = connection.open()) {
      client.rebalance(request.build(), connection.limit(), this::show);
    }
    return 0;
  }

  private void show(RebalanceResponse progress) {
    PrintWriter out = spec.commandLine().getOut();
    if (progress.hasPlan()) {
      show(progress.getPlan(), out);
    }
    if (progress.hasDone()) {
      out.println("moved " + text(progress.getDone()));
    }
    out.flush();
  }

  private void show(RebalancePlan plan, PrintWriter out) {
    out.printf(
        "%d moves from %d rows; busiest node over the mean: %.2f now, %.2f then%n",
        plan.getMovesCount(), plan.getRows(), plan.getImbalance(), plan.getPlannedImbalance());
    if (dryRun) {
      plan.getMovesList().forEach(move -> out.println("would move " + text(move)));
    }
  }

  private static String text(ExpertMove move) {
    return "e%d of layer %d: %s -> %s"
        .formatted(move.getExpert(), move.getLayer(), orNone(move.getFrom()), orNone(move.getTo()));
  }

  private static String orNone(String node) {
    return node.isEmpty() ? "-" : node;
  }
}
