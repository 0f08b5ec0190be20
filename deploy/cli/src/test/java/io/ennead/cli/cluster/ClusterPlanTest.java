package io.ennead.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.cli.cluster.PortPlan.Ports;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ClusterPlanTest {

  @Test
  void portsFollowFromTheBase() {
    PortPlan ports = PortPlan.of(8470, 8);
    assertThat(ports.router()).isEqualTo(new Ports(8470, 8471));
    assertThat(ports.experts()).hasSize(8);
    assertThat(ports.experts().get(0)).isEqualTo(new Ports(8500, 8501));
    assertThat(ports.experts().get(7)).isEqualTo(new Ports(8514, 8515));
  }

  @Test
  void baseZeroGivesPortsThatAllDiffer() {
    PortPlan ports = PortPlan.of(0, 8);
    List<Integer> all =
        Stream.concat(Stream.of(ports.router()), ports.experts().stream())
            .flatMap(node -> Stream.of(node.grpc(), node.admin()))
            .toList();
    assertThat(all).hasSize(18).doesNotHaveDuplicates().allMatch(port -> port > 0);
    ports.requireFree();
  }

  @Test
  void aBaseWhosePortsDoNotExistIsRefused() {
    assertThatThrownBy(() -> PortPlan.of(65500, 8)).hasMessageContaining("65500");
    assertThatThrownBy(() -> PortPlan.of(-1, 8)).hasMessageContaining("-1");
    assertThat(PortPlan.of(65490, 8).experts().get(7).admin()).isEqualTo(65535);
  }

  @Test
  void aPortInUseIsNamed() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      PortPlan ports =
          new PortPlan(new Ports(taken.getLocalPort(), taken.getLocalPort()), 0, 0, List.of());
      assertThatThrownBy(ports::requireFree)
          .isInstanceOf(ClusterException.class)
          .hasMessageContaining("port " + taken.getLocalPort());
    }
  }

  @Test
  void everyExpertIsOnExactlyOneNodeAndSharesDifferByOneAtMost() {
    for (int nodes = 1; nodes <= 8; nodes++) {
      ClusterPlan plan = plan(nodes, 8);
      List<List<Integer>> shares =
          plan.expertNodes().mapToObj(i -> parse(plan.expertsOf(i))).toList();
      assertThat(shares.stream().flatMap(List::stream)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
      int smallest = shares.stream().mapToInt(List::size).min().orElseThrow();
      int largest = shares.stream().mapToInt(List::size).max().orElseThrow();
      assertThat(largest - smallest).as("%d nodes", nodes).isLessThanOrEqualTo(1);
    }
  }

  @Test
  void moreNodesThanExpertsAreRefused() {
    assertThatThrownBy(() -> plan(9, 8)).hasMessage("nodes: 9 (expected: 1 to 8)");
    assertThatThrownBy(() -> plan(0, 8)).hasMessage("nodes: 0 (expected: 1 to 8)");
  }

  @Test
  void flagsNamePortsExpertsAndPeers() {
    ClusterPlan plan = plan(2, 8);
    assertThat(String.join(" ", plan.expertFlags(1)))
        .isEqualTo(
            "--model /m --dtype f32 --host 127.0.0.1 --port 8502 --admin-port 8503 --threads 1"
                + " --experts 4-7 --node-name expert-1");
    assertThat(String.join(" ", plan.routerFlags()))
        .isEqualTo(
            "--model /m --dtype f32 --host 127.0.0.1 --port 8470 --admin-port 8471 --threads 1"
                + " --http-port 8472 --cluster-port 8473 --expert-nodes 127.0.0.1:8500,127.0.0.1:8502");
  }

  @Test
  void replicasHoldTheSameExpertsAndDivideTheNodes() {
    ClusterPlan plan = plan(4, 8).withReplicas(2);
    assertThat(plan.expertsOf(0)).isEqualTo("0-3");
    assertThat(plan.expertsOf(1)).isEqualTo("4-7");
    assertThat(plan.expertsOf(2)).isEqualTo("0-3");
    assertThat(plan.expertsOf(3)).isEqualTo("4-7");
    assertThatThrownBy(() -> plan(3, 8).withReplicas(2))
        .hasMessage("replicas: 2 (expected: a divisor of the 3 nodes)");
    ClusterPlan twice =
        new ClusterPlan(Path.of("/m"), "f32", 2, PortPlan.of(8470, 4), 2, List.of(), List.of());
    assertThat(twice.expertsOf(3)).isEqualTo("1");
  }

  @Test
  void moreFlagsGoToTheExpertNodesOrToTheRouter() {
    ClusterPlan plan = plan(1, 8).withExpertFlags("--a=1").withRouterFlags("--b=2");
    assertThat(plan.expertFlags(0)).contains("--a=1").doesNotContain("--b=2");
    assertThat(plan.routerFlags()).contains("--b=2").doesNotContain("--a=1");
    ClusterPlan more = plan.withRouterFlags("--c=3").withExpertFlags("--d=4");
    assertThat(more.routerFlags()).contains("--b=2", "--c=3");
    assertThat(more.expertFlags(0)).contains("--a=1", "--d=4");
  }

  private static ClusterPlan plan(int nodes, int experts) {
    return new ClusterPlan(Path.of("/m"), "f32", experts, PortPlan.of(8470, nodes));
  }

  private static List<Integer> parse(String share) {
    String[] ends = share.split("-", -1);
    return IntStream.rangeClosed(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]))
        .boxed()
        .toList();
  }
}
