package io.ennead.cli.cluster;

import java.nio.file.Path;
import java.time.Duration;

/** Clusters of the bundled model on free ports. */
final class DemoPlan {
  static final Path MODEL = Path.of("../models/demo").toAbsolutePath().normalize();
  static final int EXPERTS = 8;
  static final Duration START_LIMIT = Duration.ofMinutes(3);

  private DemoPlan() {}

  static ClusterPlan of(String dtype, int nodes) {
    return new ClusterPlan(MODEL, dtype, EXPERTS, PortPlan.of(0, nodes));
  }
}
