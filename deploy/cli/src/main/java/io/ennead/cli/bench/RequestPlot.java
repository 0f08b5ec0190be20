package io.ennead.cli.bench;

import io.ennead.cli.html.Markup;
import io.ennead.client.load.LoadResult;
import io.ennead.client.load.RequestRecord;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Every request at the moment it was due, as high as its first token was late. */
final class RequestPlot {
  /** Of requests that succeeded, and as many again of those that failed. */
  private static final int MOST_DOTS = 4000;

  private static final double NANOS = 1e6;

  private final LoadResult result;
  private final List<RequestRecord> shown;

  RequestPlot(LoadResult result) {
    this.result = result;
    this.shown =
        Stream.of(false, true)
            .flatMap(failed -> spread(result, request -> request.error().isPresent() == failed))
            .toList();
  }

  /** As many as there may be dots of a kind, from the whole run. */
  private static Stream<RequestRecord> spread(LoadResult result, Predicate<RequestRecord> kind) {
    List<RequestRecord> all = result.requests().stream().filter(kind).toList();
    int step = 1 + (all.size() - 1) / MOST_DOTS;
    return IntStream.range(0, all.size()).filter(i -> i % step == 0).mapToObj(all::get);
  }

  void write(Markup page) {
    page.open("section").leaf("h2", "Request by request").open("figure");
    page.leaf(
        "figcaption",
        "A dot for each request at the moment it was due (%d of %d shown): milliseconds to its first"
                .formatted(shown.size(), result.requests().size())
            + " token, on a logarithmic scale. Failed ones are on the bottom line, in red.");
    Plot plot = new Plot(page, "Requests", "Milliseconds to the first token by time.");
    LogScale scale = scale();
    scale.ticks().forEach(tick -> plot.across(scale.place(tick), PercentilePlot.label(tick)));
    Seconds.axis(plot, result.seconds());
    for (RequestRecord request : shown) {
      double x = (double) request.dueNanos() / result.nanos();
      boolean failed = request.error().isPresent();
      double y = failed ? 0 : scale.place(request.firstTokenNanos() / NANOS);
      plot.dot(x, y, failed ? "failed" : "dot");
    }
    plot.names("seconds", "ms");
    plot.end();
    page.close().close();
  }

  private LogScale scale() {
    double[] times =
        result.requests().stream()
            .filter(request -> request.error().isEmpty())
            .mapToDouble(request -> request.firstTokenNanos() / NANOS)
            .sorted()
            .toArray();
    return times.length == 0 ? LogScale.of(1, 10) : LogScale.of(times[0], times[times.length - 1]);
  }
}
