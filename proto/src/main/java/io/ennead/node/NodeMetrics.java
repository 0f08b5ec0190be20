package io.ennead.node;

import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Optional;

/** What every node tells of itself. */
public final class NodeMetrics {
  private NodeMetrics() {}

  /** Registers them. */
  public static void register(PrometheusRegistry registry, Readiness readiness) {
    GaugeWithCallback.builder()
        .name("ennead_ready")
        .help("1 while the node serves calls, 0 while it loads, misses something or drains.")
        .callback(gauge -> gauge.call(readiness.ready() ? 1 : 0))
        .register(registry);
    Info.builder()
        .name("ennead_build_info")
        .help("Version of the software and of the Java it runs on; always 1.")
        .labelNames("version", "java")
        .register(registry)
        .addLabelValues(version(), Runtime.version().toString());
  }

  private static String version() {
    return Optional.ofNullable(NodeMetrics.class.getPackage().getImplementationVersion())
        .orElse("development");
  }
}
