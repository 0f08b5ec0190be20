package io.ennead.cli.bench;

import io.ennead.cli.html.Markup;
import io.ennead.cli.html.Numbers;
import io.ennead.client.load.LoadResult;
import io.ennead.client.load.RequestRecord;
import java.util.Arrays;

/** Tokens per second from the beginning of the run to its end. */
final class ThroughputPlot {
  private static final int PARTS = 60;

  private final LoadResult result;

  ThroughputPlot(LoadResult result) {
    this.result = result;
  }

  void write(Markup page) {
    double[] rates = rates(result);
    double most = Math.max(1, Arrays.stream(rates).max().orElse(1));
    page.open("section").leaf("h2", "Throughput").open("figure");
    page.leaf(
        "figcaption",
        "Tokens per second in sixty parts of the run. A request's tokens count evenly from its first"
            + " to its last.");
    Plot plot = new Plot(page, "Throughput", "Tokens per second by time.");
    for (double tick : new double[] {0.5, 1}) {
      plot.across(tick, Numbers.fixed(most * tick, 0));
    }
    Seconds.axis(plot, result.seconds());
    for (int part = 0; part < PARTS; part++) {
      plot.bar((part + 0.08) / PARTS, 0.84 / PARTS, rates[part] / most, "bar");
    }
    plot.names("seconds", "tokens/s");
    plot.end();
    page.close().close();
  }

  /** Tokens per second of each part. */
  static double[] rates(LoadResult result) {
    double[] tokens = new double[PARTS];
    double length = (double) result.nanos() / PARTS;
    for (RequestRecord request : result.requests()) {
      double last = request.dueNanos() + request.nanos();
      double began = request.dueNanos() + request.firstTokenNanos();
      double first = Math.min(began, last - 1);
      for (int part = 0; part < PARTS && request.tokens() > 0; part++) {
        double shared = Math.min(last, (part + 1) * length) - Math.max(first, part * length);
        tokens[part] += request.tokens() * Math.max(0, shared) / (last - first);
      }
    }
    return Arrays.stream(tokens).map(count -> count / (length / 1e9)).toArray();
  }
}
