package io.ennead.cli.bench;

import io.ennead.cli.html.Head;
import io.ennead.cli.html.Markup;
import io.ennead.client.load.LoadResult;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** What a run showed, as one page with plots that needs nothing else. */
public final class LoadPage {
  private static final double[] PERCENTILES = {50, 90, 95, 99, 99.9, 100};

  private static final String STYLES =
      """
      svg .s0 { stroke: #2f7ed8; } .b0 { background: #2f7ed8; }
      svg .s1 { stroke: #d9822b; } .b1 { background: #d9822b; }
      svg .s2 { stroke: #2a9d68; } .b2 { background: #2a9d68; }
      svg .curve { stroke-width: 2; }
      svg .dot { fill: var(--accent); fill-opacity: 0.6; }
      svg .failed { fill: #d64545; }
      .swatch { height: 0.7em; }
      svg { max-width: 100%; height: auto; }
      th:first-child, td:first-child { text-align: left; }
      th:last-child, td:last-child { text-align: right; }
      """;

  private final LoadResult result;
  private final ReportOptions options;
  private final Map<String, Histogram> times;
  private final Markup page;

  private LoadPage(LoadResult result, ReportOptions options) {
    this.result = result;
    this.options = options;
    this.times = LoadTable.times(result);
    this.page = Head.open("Load: " + options.name(), STYLES);
  }

  /** The page. */
  public static String of(LoadResult result, ReportOptions options) {
    return new LoadPage(result, options).write();
  }

  private String write() {
    header();
    table();
    new PercentilePlot(times).write(page);
    new RequestPlot(result).write(page);
    new ThroughputPlot(result).write(page);
    return Head.close(page);
  }

  private void header() {
    page.open("header").leaf("h1", options.name());
    page.leaf("p", "Load on the router at " + options.host() + ".", "class", "lead");
    page.open("dl");
    for (Map.Entry<String, String> fact : LoadTable.facts(result)) {
      page.leaf("dt", fact.getKey()).leaf("dd", fact.getValue());
    }
    page.leaf("dt", "started").leaf("dd", result.started().toString());
    page.leaf("dt", "seed").leaf("dd", Long.toString(result.plan().seed()));
    options.tags().forEach((name, value) -> page.leaf("dt", name).leaf("dd", value));
    page.close().close();
  }

  private void table() {
    page.open("section").leaf("h2", "Milliseconds").open("div", "class", "scroll").open("table");
    page.open("tr");
    List.of("", "p50", "p90", "p95", "p99", "p99.9", "max").forEach(name -> page.leaf("th", name));
    page.close();
    times.forEach(this::row);
    page.close().close().close();
  }

  private void row(String name, Histogram nanos) {
    page.open("tr").leaf("td", name);
    for (double percentile : PERCENTILES) {
      page.leaf("td", Texts.millis(nanos.getValueAtPercentile(percentile)));
    }
    page.close();
  }
}
