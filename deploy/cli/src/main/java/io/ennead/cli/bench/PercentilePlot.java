package io.ennead.cli.bench;

import io.ennead.cli.html.Markup;
import io.ennead.cli.html.Numbers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** How long the slowest took: a curve of percentiles for each kind of time. */
final class PercentilePlot {
  private static final double MOST_NINES = 3;
  private static final int STEPS = 120;
  private static final double NANOS = 1e6;

  private final Map<String, Histogram> histograms;

  /** Curves of these, in nanoseconds. */
  PercentilePlot(Map<String, Histogram> histograms) {
    this.histograms = histograms;
  }

  void write(Markup page) {
    page.open("section").leaf("h2", "How long it took").open("figure");
    page.leaf(
        "figcaption",
        "Milliseconds, on a logarithmic scale, that so many per cent stayed within. To the right, the"
            + " slowest one in a thousand.");
    legend(page);
    Plot plot = new Plot(page, "Percentiles", "Milliseconds by percentile.");
    LogScale scale = scale();
    scale.ticks().forEach(tick -> plot.across(scale.place(tick), label(tick)));
    for (String percentile : List.of("0", "50", "90", "99", "99.9")) {
      plot.below(place(Double.parseDouble(percentile)), percentile + "%");
    }
    int series = 0;
    for (Histogram histogram : histograms.values()) {
      plot.curve(points(histogram, scale), "curve s" + series++);
    }
    plot.names("of all", "ms");
    plot.end();
    page.close().close();
  }

  private void legend(Markup page) {
    page.open("ul", "class", "legend");
    int series = 0;
    for (String name : histograms.keySet()) {
      page.open("li").leaf("span", "", "class", "swatch b" + series++).text(name).close();
    }
    page.close();
  }

  private LogScale scale() {
    double least = Double.MAX_VALUE;
    double most = 0;
    for (Histogram histogram : histograms.values()) {
      if (histogram.getTotalCount() > 0) {
        least = Math.min(least, histogram.getMinValue() / NANOS);
        most = Math.max(most, histogram.getMaxValue() / NANOS);
      }
    }
    return most == 0 ? LogScale.of(1, 10) : LogScale.of(least, most);
  }

  /** -log10 of the part beyond: 90 % at one third of the way to 99.9 %. */
  private static double place(double percentile) {
    return Math.min(1, -Math.log10(1 - percentile / 100) / MOST_NINES);
  }

  private static List<double[]> points(Histogram histogram, LogScale scale) {
    List<double[]> points = new ArrayList<>();
    for (int step = 0; histogram.getTotalCount() > 0 && step <= STEPS; step++) {
      double x = (double) step / STEPS;
      double percentile = 100 * (1 - Math.pow(10, -MOST_NINES * x));
      double millis = histogram.getValueAtPercentile(percentile) / NANOS;
      points.add(new double[] {x, scale.place(millis)});
    }
    return points;
  }

  static String label(double tick) {
    return tick >= 1 ? Numbers.fixed(tick, 0) : Double.toString(tick);
  }
}
