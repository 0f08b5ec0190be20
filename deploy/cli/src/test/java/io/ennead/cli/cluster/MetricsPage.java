package io.ennead.cli.cluster;

/** Numbers of a page of metrics, as Prometheus reads it. */
public final class MetricsPage {
  private MetricsPage() {}

  /** The sum over a metric's lines, whatever their labels. */
  public static double sum(String page, String metric) {
    return page.lines()
        .filter(line -> line.startsWith(metric + "{") || line.startsWith(metric + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }
}
