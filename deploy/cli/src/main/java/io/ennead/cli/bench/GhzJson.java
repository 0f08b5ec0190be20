package io.ennead.cli.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.client.load.Arrivals;
import io.ennead.client.load.LoadPlan;
import io.ennead.client.load.LoadResult;
import io.ennead.client.load.RequestRecord;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/**
 * A report with the fields of ghz's JSON (github.com/bojand/ghz, runner/reporter.go; times in
 * nanoseconds, marks in seconds, latencies of requests that succeeded), and under {@code ennead}
 * what ghz cannot measure.
 */
public final class GhzJson {
  private static final int MAX_DETAILS = 1_000_000;
  private static final int[] PERCENTAGES = {10, 25, 50, 75, 90, 95, 99};
  private static final double[] PERCENTILES = {50, 90, 95, 99, 99.9, 100};

  private final LoadResult result;
  private final ReportOptions options;
  private final ObjectNode report = new ObjectMapper().createObjectNode();

  private GhzJson(LoadResult result, ReportOptions options) {
    this.result = result;
    this.options = options;
  }

  /** The file. */
  public static String of(LoadResult result, ReportOptions options) {
    GhzJson json = new GhzJson(result, options);
    json.write();
    try {
      return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(json.report)
          + "\n";
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write() {
    report.put("date", result.started().toString());
    report.put("name", options.name()).put("endReason", endReason());
    options(report.putObject("options"));
    long[] latencies = sorted();
    report.put("count", result.requests().size()).put("total", result.nanos());
    report.put("average", (long) averageOfAll());
    report.put("fastest", latencies.length == 0 ? 0 : latencies[0]);
    report.put("slowest", latencies.length == 0 ? 0 : latencies[latencies.length - 1]);
    report.put("rps", result.requests().size() / result.seconds());
    distribution("errorDistribution", result.errors());
    distribution("statusCodeDistribution", statuses());
    percentages(report.putArray("latencyDistribution"), latencies);
    buckets(report.putArray("histogram"), latencies);
    details(report.putArray("details"));
    options.tags().forEach(report.withObject("/tags")::put);
    more(report.putObject("ennead"));
  }

  /** ghz's words: {@code timeout} when the duration ended the sending. */
  private String endReason() {
    return result.requests().size() < result.plan().total() ? "timeout" : "normal";
  }

  private void options(ObjectNode node) {
    LoadPlan plan = result.plan();
    node.put("host", options.host()).put("call", GhzConfig.CALL);
    node.put("insecure", !options.secure());
    if (plan.total() < Integer.MAX_VALUE) {
      node.put("total", plan.total());
    }
    if (plan.arrivals() instanceof Arrivals.Closed closed) {
      node.put("concurrency", closed.clients());
    } else if (plan.arrivals() instanceof Arrivals.Poisson poisson) {
      node.put("rps", Math.max(1, Math.round(poisson.perSecond())));
    }
    plan.duration().map(Duration::toNanos).ifPresent(nanos -> node.put("duration", nanos));
    node.put("timeout", plan.timeout().toNanos()).put("binary", false);
    node.put("CPUs", Runtime.getRuntime().availableProcessors()).put("name", options.name());
  }

  private long[] sorted() {
    return result.requests().stream()
        .filter(request -> request.error().isEmpty())
        .mapToLong(RequestRecord::nanos)
        .sorted()
        .toArray();
  }

  private double averageOfAll() {
    return result.requests().stream().mapToLong(RequestRecord::nanos).average().orElse(0);
  }

  private void distribution(String name, Map<String, Integer> counts) {
    counts.forEach(report.putObject(name)::put);
  }

  private Map<String, Integer> statuses() {
    Map<String, Integer> statuses = new TreeMap<>();
    result.requests().forEach(request -> statuses.merge(status(request), 1, Integer::sum));
    return statuses;
  }

  /** In place of gRPC's code, the reason, which says more. */
  static String status(RequestRecord request) {
    return request.error().orElse("OK");
  }

  private static void percentages(ArrayNode list, long[] latencies) {
    for (int percentage : PERCENTAGES) {
      if (latencies.length > 0) {
        int rank = (int) Math.ceil(percentage / 100.0 * latencies.length);
        list.addObject()
            .put("percentage", percentage)
            .put("latency", latencies[Math.max(0, rank - 1)]);
      }
    }
  }

  /** Ten steps from the fastest to the slowest: each counts what is at most its mark. */
  private static void buckets(ArrayNode list, long[] latencies) {
    int next = 0;
    for (int step = 0; latencies.length > 0 && step <= 10; step++) {
      long fastest = latencies[0];
      long slowest = latencies[latencies.length - 1];
      double mark = step == 10 ? slowest : fastest + (slowest - fastest) / 10.0 * step;
      int first = next;
      while (next < latencies.length && latencies[next] <= mark) {
        next++;
      }
      list.addObject()
          .put("mark", mark / 1e9)
          .put("count", next - first)
          .put("frequency", (double) (next - first) / latencies.length);
    }
  }

  private void details(ArrayNode list) {
    result.requests().stream()
        .limit(MAX_DETAILS)
        .forEach(
            request -> {
              Instant sent = result.started().plusNanos(request.dueNanos());
              list.addObject()
                  .put("timestamp", sent.toString())
                  .put("latency", request.nanos())
                  .put("error", request.error().orElse(""))
                  .put("status", status(request));
            });
  }

  private void more(ObjectNode node) {
    LoadPlan plan = result.plan();
    node.put("arrivals", Texts.arrivals(plan.arrivals())).put("lengths", Texts.lengths(plan));
    node.put("objective", Texts.objective(plan)).put("seed", plan.seed());
    node.put("tokensPerSecond", result.tokensPerSecond());
    node.put("good", result.good()).put("goodput", result.good() / result.seconds());
    percentiles(node.putObject("firstToken"), result.firstTokens());
    percentiles(node.putObject("interToken"), result.gaps());
    percentiles(node.putObject("request"), result.latencies());
    node.put("refused", result.refused());
    percentiles(node.putObject("refusal"), result.refusals());
  }

  private static void percentiles(ObjectNode node, Histogram histogram) {
    for (double percentile : PERCENTILES) {
      String name = percentile == 100 ? "max" : "p" + Double.toString(percentile).replace(".0", "");
      node.put(name, histogram.getValueAtPercentile(percentile));
    }
  }
}
