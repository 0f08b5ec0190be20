package io.ennead.cli.monitoring;

import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** A registry that remembers what our own code registered, whether it has samples or not. */
final class MetricDescriptors extends PrometheusRegistry {
  private final List<MetricRow> rows = new ArrayList<>();

  @Override
  public void register(Collector collector) {
    super.register(collector);
    row(collector).ifPresent(rows::add);
  }

  private static Optional<MetricRow> row(Collector collector) {
    String base = collector.getPrometheusName();
    if (base == null || !base.matches("(ennead|grpc)_.*")) {
      return Optional.empty();
    }
    String kind = collector.getClass().getSimpleName().replace("WithCallback", "");
    String type = kind.toLowerCase(Locale.ROOT);
    String labels = collector.getLabelNames().stream().sorted().collect(Collectors.joining(", "));
    return Optional.of(
        new MetricRow(name(base, type), type, labels, collector.getMetadata().getHelp()));
  }

  /** As on the page: the library keeps names without what their type adds. */
  private static String name(String base, String type) {
    return switch (type) {
      case "counter" -> base + "_total";
      case "info" -> base + "_info";
      default -> base;
    };
  }

  List<MetricRow> rows() {
    return List.copyOf(rows);
  }
}
