package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.cli.cluster.ClusterPlan;
import io.ennead.cli.cluster.LocalCluster;
import io.ennead.cli.cluster.PortPlan;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The layer of nodes that run beside the same layer in this process. */
@Timeout(300)
class BenchProcessesIT {
  private static final Path MODEL = Path.of("../models/demo").toAbsolutePath();
  private static final ClusterPlan PLAN = new ClusterPlan(MODEL, "f32", 8, PortPlan.of(0, 8));

  @Test
  void bothSidesGiveTheSameBitsAndAreTimed() throws InterruptedException {
    try (LocalCluster cluster = LocalCluster.start(PLAN, Duration.ofMinutes(2))) {
      CliRun run = bench();
      assertThat(run.code()).as(run.err()).isZero();
      List<String> lines = run.out().lines().toList();
      assertThat(lines).hasSize(5);
      assertThat(lines.get(1)).matches("8 +3 +processes +\\d+ +\\d+ *");
      assertThat(lines.get(4))
          .matches("8 +130 +in-process +\\d+ +\\d+ +[\\d.]+ \\([\\d.]+ to [\\d.]+\\)");
    }
  }

  /** With as many threads as the nodes, which share this process and its engine. */
  private static CliRun bench() {
    String nodes =
        PLAN.ports().experts().stream()
            .map(PortPlan.Ports::address)
            .collect(Collectors.joining(","));
    String flags = "--threads 1 --rows 3,130 --rounds 2 --turn 1ms --warm-up 1ms --expert-nodes ";
    return CliRun.of(("bench processes " + flags + nodes).split(" "));
  }
}
