package io.ennead.cli.bench;

import io.ennead.cli.html.Numbers;
import io.ennead.client.load.LoadPlan.Objective;
import io.ennead.client.load.LoadResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** What a run showed, as lines for a terminal. */
public final class LoadTable {
  private static final double[] PERCENTILES = {50, 90, 99, 100};

  private LoadTable() {}

  /** The lines. */
  public static String of(LoadResult result) {
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, String> line : facts(result)) {
      text.append("%-12s %s%n".formatted(line.getKey(), line.getValue()));
    }
    text.append("%n%-14s%10s%10s%10s%10s%n".formatted("ms", "p50", "p90", "p99", "max"));
    times(result).forEach((name, nanos) -> text.append(row(name, nanos)));
    return text.toString();
  }

  /** The kinds of times, in nanoseconds. */
  static Map<String, Histogram> times(LoadResult result) {
    Map<String, Histogram> times = new LinkedHashMap<>();
    times.put("first token", result.firstTokens());
    times.put("between tokens", result.gaps());
    times.put("whole request", result.latencies());
    if (result.refused() > 0) {
      times.put("refusal", result.refusals());
    }
    return times;
  }

  /** Names and values of what is not a percentile. */
  static List<Map.Entry<String, String>> facts(LoadResult result) {
    List<Map.Entry<String, String>> facts = new ArrayList<>();
    facts.add(Map.entry("traffic", Texts.arrivals(result.plan().arrivals())));
    facts.add(Map.entry("lengths", Texts.lengths(result.plan())));
    facts.add(Map.entry("requests", requests(result)));
    facts.add(
        Map.entry(
            "throughput",
            "%s tokens/s, %s requests/s"
                .formatted(
                    Numbers.fixed(result.tokensPerSecond(), 1),
                    Numbers.fixed(result.succeeded() / result.seconds(), 2))));
    if (!result.plan().objective().equals(Objective.NONE)) {
      facts.add(Map.entry("goodput", goodput(result)));
    }
    return facts;
  }

  private static String requests(LoadResult result) {
    String errors = result.errors().isEmpty() ? "" : ", failed: " + result.errors();
    return "%d in %s s, %d answered%s"
        .formatted(
            result.requests().size(),
            Numbers.fixed(result.seconds(), 2),
            result.succeeded(),
            errors);
  }

  private static String goodput(LoadResult result) {
    int all = Math.max(1, result.requests().size());
    return "%s requests/s, %s of all, with %s"
        .formatted(
            Numbers.fixed(result.good() / result.seconds(), 2),
            Numbers.percent((double) result.good() / all),
            Texts.objective(result.plan()));
  }

  private static String row(String name, Histogram nanos) {
    StringBuilder row = new StringBuilder("%-14s".formatted(name));
    for (double percentile : PERCENTILES) {
      row.append("%10s".formatted(Texts.millis(nanos.getValueAtPercentile(percentile))));
    }
    return row.append(System.lineSeparator()).toString();
  }
}
