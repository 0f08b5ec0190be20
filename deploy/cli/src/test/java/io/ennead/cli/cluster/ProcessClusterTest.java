package io.ennead.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.cli.cluster.PortPlan.Ports;
import io.ennead.cli.cluster.ProcessCluster.Ended;
import io.ennead.cli.cluster.ProcessCluster.NodeStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With processes that only wait; clusters of real nodes are tested elsewhere. */
@Timeout(60)
class ProcessClusterTest {
  private static final Ports NOBODY = new Ports(1, 1);

  @TempDir private Path directory;
  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void endAll() {
    started.forEach(Process::destroyForcibly);
  }

  @Test
  void recordsAreReadBackAsTheyWereSaved() throws IOException {
    RunDirectory run = new RunDirectory(directory.resolve("new"));
    assertThat(run.load()).isEmpty();
    List<NodeRecord> nodes = List.of(sleeping("expert-0"), sleeping(NodeRecord.ROUTER));
    run.save(nodes);
    assertThat(run.load()).isEqualTo(nodes);
    run.clear();
    assertThat(run.load()).isEmpty();
  }

  @Test
  void downEndsTheRecordedProcessesAndForgetsThem() throws Exception {
    RunDirectory run = new RunDirectory(directory);
    run.save(List.of(sleeping("expert-0"), sleeping(NodeRecord.ROUTER)));
    ProcessCluster cluster = new ProcessCluster(run);
    assertThat(cluster.down(Duration.ofSeconds(20))).isEqualTo(new Ended(2, List.of()));
    assertThat(started)
        .allSatisfy(process -> assertThat(process.waitFor(9, TimeUnit.SECONDS)).isTrue());
    assertThat(cluster.down(Duration.ofSeconds(20))).isEqualTo(new Ended(0, List.of()));
  }

  @Test
  void aProcessThatIgnoresTheRequestToEndIsKilled() throws Exception {
    RunDirectory run = new RunDirectory(directory);
    Path trapped = directory.resolve("trapped");
    Process process =
        start("sh", "-c", "trap '' TERM; touch %s; while :; do sleep 1; done".formatted(trapped));
    while (!Files.exists(trapped)) {
      Thread.onSpinWait();
    }
    run.save(List.of(NodeRecord.of("expert-0", process.toHandle(), NOBODY)));
    assertThat(new ProcessCluster(run).down(Duration.ofMillis(200)).ended()).isEqualTo(1);
    assertThat(process.isAlive()).isFalse();
    assertThat(run.load()).isEmpty();
  }

  @Test
  void aProcessThatOnlyHasTheSameIdIsLeftAloneAndStaysRecorded() throws Exception {
    RunDirectory run = new RunDirectory(directory);
    NodeRecord real = sleeping("expert-0");
    NodeRecord other = new NodeRecord("expert-0", real.pid(), real.startedMillis() - 10_000, 1, 1);
    run.save(List.of(other));
    ProcessCluster cluster = new ProcessCluster(run);
    assertThat(cluster.status()).singleElement().matches(node -> !node.running());
    assertThat(cluster.down(Duration.ofSeconds(1))).isEqualTo(new Ended(0, List.of(other)));
    assertThat(started.get(0).isAlive()).isTrue();
    assertThat(run.load()).containsExactly(other);
  }

  @Test
  void aStartTimeThatTheClockMovedByASecondIsStillTheSameProcess() throws Exception {
    RunDirectory run = new RunDirectory(directory);
    NodeRecord real = sleeping("expert-0");
    run.save(List.of(new NodeRecord("expert-0", real.pid(), real.startedMillis() + 1000, 1, 1)));
    assertThat(new ProcessCluster(run).down(Duration.ofSeconds(20)).ended()).isEqualTo(1);
    assertThat(started.get(0).isAlive()).isFalse();
  }

  @Test
  void statusTellsRunningNodesFromReadyOnes() throws Exception {
    RunDirectory run = new RunDirectory(directory);
    run.save(List.of(sleeping("expert-0")));
    NodeStatus status = new ProcessCluster(run).status().get(0);
    assertThat(status.running()).isTrue();
    assertThat(status.ready()).isFalse();
    assertThat(status.readyz()).contains("no answer on port 1");
    assertThat(status.residentBytes().orElse(1)).isPositive();
  }

  @Test
  void upRefusesWhileAnEarlierClusterRuns() throws Exception {
    RunDirectory run = new RunDirectory(directory);
    run.save(List.of(sleeping("expert-0")));
    ClusterPlan plan = new ClusterPlan(Path.of("/m"), "f32", 8, PortPlan.of(0, 8));
    assertThatThrownBy(
            () -> new ProcessCluster(run).up(plan, Duration.ofSeconds(1), (ready, all) -> {}))
        .isInstanceOf(ClusterException.class)
        .hasMessageContaining("cluster down");
    assertThat(started.get(0).isAlive()).isTrue();
  }

  @Test
  void upSaysWhichNodeEndedWithTheEndOfItsLogAndLeavesNothingRunning() {
    RunDirectory run = new RunDirectory(directory);
    ClusterPlan plan = new ClusterPlan(Path.of("/no/model"), "f32", 8, PortPlan.of(0, 1));
    assertThatThrownBy(
            () -> new ProcessCluster(run).up(plan, Duration.ofSeconds(40), (ready, all) -> {}))
        .isInstanceOf(ClusterException.class)
        .hasMessageContaining("ended while starting")
        .hasMessageContaining(".log");
    assertThat(run.load()).isEmpty();
  }

  private NodeRecord sleeping(String name) throws IOException {
    return NodeRecord.of(name, start("sleep", "300").toHandle(), NOBODY);
  }

  private Process start(String... command) throws IOException {
    Process process = new ProcessBuilder(command).start();
    started.add(process);
    return process;
  }
}
