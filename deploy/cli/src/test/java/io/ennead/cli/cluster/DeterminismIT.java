package io.ennead.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.client.EnneadClient;
import io.ennead.wire.ComputeType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same bits whatever else is in the batch (1, 7 or 32 requests at a time), wherever the experts
 * are (this process, 1, 2, 3 or 8 nodes, processes of their own, twice), however many prompt tokens
 * the scheduler puts into a step, and when a node is killed meanwhile. Expected is what one process
 * without a network gives to one request at a time.
 */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(600)
class DeterminismIT {
  private static final int[] AT_ONCE = {1, 7, 32};

  /** Requests sent one at a time; all of them would make the build long. */
  private static final int ALONE = 6;

  private final Map<ComputeType, Bits> expected = new EnumMap<>(ComputeType.class);

  /** What the answers hash to: each request's, a text's scores, and all single layers'. */
  private record Bits(List<String> requests, String scores, String layers) {}

  @TempDir private Path directory;

  /** All with -Dennead.long=true; else every number of nodes, type and budget in some of them. */
  static Stream<Arguments> placements() {
    boolean all = Boolean.getBoolean("ennead.long");
    return Stream.of(ComputeType.F32, ComputeType.BF16)
        .flatMap(
            type ->
                Stream.of(1, 2, 3, 8)
                    .flatMap(
                        nodes ->
                            Stream.of(64, 512)
                                .filter(budget -> all || (nodes % 2 == 0) == (budget == 64))
                                .map(budget -> Arguments.of(type, nodes, budget))));
  }

  @ParameterizedTest
  @MethodSource("placements")
  void placementBatchAndTokenBudgetLeaveTheBitsAlone(ComputeType type, int nodes, int budget)
      throws Exception {
    ClusterPlan plan =
        DemoPlan.of(type.label(), nodes).withRouterFlags("--prefill-budget=" + budget);
    try (LocalCluster cluster = LocalCluster.start(plan, DemoPlan.START_LIMIT);
        EnneadClient client = EnneadClient.connect(plan.ports().router().address())) {
      assertBits(type, client);
    }
  }

  /** Requests in bfloat16 through processes of their own: where one of them is killed. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void everyRunOfProcessesGivesThem(int run) throws Exception {
    ClusterPlan plan = DemoPlan.of(ComputeType.F32.label(), 8);
    ProcessCluster cluster = new ProcessCluster(new RunDirectory(directory.resolve("run" + run)));
    cluster.up(plan, DemoPlan.START_LIMIT, (ready, all) -> {});
    try (EnneadClient client = EnneadClient.connect(plan.ports().router().address())) {
      assertBits(ComputeType.F32, client);
    } finally {
      cluster.down(Duration.ofSeconds(20));
    }
  }

  /**
   * Two replicas of every expert; a process that answers is killed when 100 of 600 tokens are
   * there.
   */
  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void aNodeKilledMeanwhileChangesNoBitAndFailsNoRequest(ComputeType type) throws Exception {
    ClusterPlan plan = DemoPlan.of(type.label(), 4).withReplicas(2);
    ProcessCluster cluster = new ProcessCluster(new RunDirectory(directory.resolve("killed")));
    List<NodeRecord> nodes = cluster.up(plan, DemoPlan.START_LIMIT, (ready, all) -> {});
    try (EnneadClient client = EnneadClient.connect(plan.ports().router().address())) {
      ProcessHandle answering = nodes.get(0).process().orElseThrow();
      BitRequests requests = new BitRequests(client, 100, answering::destroyForcibly);
      List<String> digests = requests.digests(BitRequests.COUNT, BitRequests.COUNT);
      assertThat(requests.nodes()).as("who computed, before and after").contains("expert-0");
      assertThat(digests).isEqualTo(expected(type).requests());
    } finally {
      cluster.down(Duration.ofSeconds(20));
    }
  }

  /** The comparison can fail, and does for nothing but the batch. */
  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void kernelsThatDependOnTheBatchAreFoundOut(ComputeType type) throws Exception {
    try (InProcessRouter router = new InProcessRouter(type, BatchDependentExperts::new);
        EnneadClient client = EnneadClient.connect(router.address())) {
      BitRequests requests = new BitRequests(client);
      List<String> right = expected(type).requests();
      assertThat(requests.digests(ALONE, 1)).isEqualTo(right.subList(0, ALONE));
      assertThat(requests.digests(BitRequests.COUNT, BitRequests.COUNT)).isNotEqualTo(right);
    }
  }

  /** Their bits may or may not depend on the batch; which is why they have to be asked for. */
  @Test
  void kernelsWithoutFixedTilesAnswerToo() throws Exception {
    String free = "--batch-invariant=false";
    ClusterPlan plan = DemoPlan.of("f32", 8).withExpertFlags(free).withRouterFlags(free);
    try (LocalCluster cluster = LocalCluster.start(plan, DemoPlan.START_LIMIT);
        EnneadClient client = EnneadClient.connect(plan.ports().router().address())) {
      List<String> digests = new BitRequests(client).digests(BitRequests.COUNT, BitRequests.COUNT);
      assertThat(digests).hasSize(BitRequests.COUNT).doesNotHaveDuplicates();
    }
  }

  @Test
  void requestsDifferFromEachOther() throws Exception {
    List<String> f32 = expected(ComputeType.F32).requests();
    assertThat(f32).doesNotHaveDuplicates();
    assertThat(f32).doesNotContainAnyElementsOf(expected(ComputeType.BF16).requests());
  }

  private void assertBits(ComputeType type, EnneadClient client) throws Exception {
    BitRequests requests = new BitRequests(client);
    for (int atOnce : AT_ONCE) {
      int count = atOnce == 1 ? ALONE : BitRequests.COUNT;
      assertThat(requests.digests(count, atOnce))
          .as("%d at once", atOnce)
          .isEqualTo(expected(type).requests().subList(0, count));
    }
    assertThat(requests.scores()).isEqualTo(expected(type).scores());
    assertThat(requests.layers()).isEqualTo(expected(type).layers());
  }

  private Bits expected(ComputeType type) throws Exception {
    Bits known = expected.get(type);
    if (known == null) {
      try (InProcessRouter router = new InProcessRouter(type);
          EnneadClient client = EnneadClient.connect(router.address())) {
        BitRequests requests = new BitRequests(client);
        known =
            new Bits(requests.digests(BitRequests.COUNT, 1), requests.scores(), requests.layers());
      }
      expected.put(type, known);
    }
    return known;
  }
}
