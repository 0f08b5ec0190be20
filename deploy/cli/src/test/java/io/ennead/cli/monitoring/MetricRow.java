package io.ennead.cli.monitoring;

import java.util.List;
import java.util.Optional;

/**
 * What docs/metrics.md says of a metric.
 *
 * @param name of the family
 * @param type as Prometheus calls it; info is a gauge that is always 1
 * @param labels their names, sorted, separated by commas
 */
record MetricRow(String name, String type, String labels, String help) {
  private static final List<String> UNITS = List.of("seconds", "bytes", "tokens", "ratio");

  /** By the name's end, since each name says its unit; "" where things are counted. */
  String unit() {
    String base = name.replaceAll("_(total|perc)$", "");
    return UNITS.stream().filter(unit -> base.endsWith("_" + unit)).findFirst().orElse("");
  }

  /** A line of the table. */
  String line() {
    return "| `%s` | %s | %s | %s | %s |".formatted(name, type, unit(), labels, help);
  }

  /** A line of the table read back; empty where it is none. */
  static Optional<MetricRow> read(String line) {
    String[] cells = line.split("\\|", -1);
    return cells.length == 7 && cells[1].strip().startsWith("`")
        ? Optional.of(
            new MetricRow(
                cells[1].strip().replace("`", ""),
                cells[2].strip(),
                cells[4].strip(),
                cells[5].strip()))
        : Optional.empty();
  }

  /** Whether there are samples only in some configurations. */
  boolean onDemand() {
    return help.endsWith(" only.");
  }
}
