package io.ennead.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.client.EnneadClient;
import io.ennead.wire.ComputeType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The same bits wherever the experts are, whatever else is in the batch, in this process and in
 * others.
 */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(600)
class SameBitsIT {
  private final Map<ComputeType, SameBits.InProcess> expected = new EnumMap<>(ComputeType.class);

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({
    "F32, 1, false",
    "F32, 2, false",
    "F32, 4, false",
    "F32, 8, false",
    "F32, 8, true",
    "BF16, 1, false",
    "BF16, 2, false",
    "BF16, 4, false",
    "BF16, 8, false",
    "BF16, 8, true"
  })
  void everyLayoutGivesTheBitsOfOneProcess(ComputeType type, int nodes, boolean processes)
      throws Exception {
    ClusterPlan plan = DemoPlan.of(type.label(), nodes);
    if (!processes) {
      LocalCluster cluster = LocalCluster.start(plan, DemoPlan.START_LIMIT);
      try (cluster) {
        compare(type, plan);
      }
      return;
    }
    ProcessCluster cluster = new ProcessCluster(new RunDirectory(directory));
    cluster.up(plan, DemoPlan.START_LIMIT, (ready, all) -> {});
    try {
      compare(type, plan);
    } finally {
      cluster.down(Duration.ofSeconds(20));
    }
  }

  private void compare(ComputeType type, ClusterPlan plan) {
    SameBits.InProcess one = expected.computeIfAbsent(type, SameBits.InProcess::compute);
    try (EnneadClient client = EnneadClient.connect(plan.ports().router().address())) {
      assertThat(SameBits.layers(client)).isEqualTo(one.layers());
      assertThat(SameBits.together(client)).isEqualTo(one.requests());
      // Half of them, to keep the build short.
      int alone = one.requests().size() / 2;
      assertThat(SameBits.alone(client, alone)).isEqualTo(one.requests().subList(0, alone));
    }
  }
}
