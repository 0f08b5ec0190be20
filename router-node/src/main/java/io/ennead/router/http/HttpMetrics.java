package io.ennead.router.http;

import io.ennead.node.http.HttpObserver;
import io.ennead.node.http.Route;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.List;

/** Counts and times requests over HTTP by their route, of which there are few. Thread-safe. */
public final class HttpMetrics implements HttpObserver {
  private static final double NANOS_PER_SECOND = 1e9;

  private final Counter requests;
  private final Histogram seconds;

  /** Registers with a registry the series of these routes. */
  public HttpMetrics(PrometheusRegistry registry, List<Route> routes) {
    requests =
        Counter.builder()
            .name("ennead_http_requests_total")
            .help(
                "Requests over HTTP that ended, by route and status; 499: the client left before"
                    + " there was one.")
            .labelNames("route", "code")
            .register(registry);
    seconds =
        Histogram.builder()
            .name("ennead_http_request_duration_seconds")
            .help("Time from a request's head to the end of its answer.")
            .classicOnly()
            .labelNames("route")
            .register(registry);
    for (Route route : routes) {
      requests.initLabelValues(route.path(), "200");
      seconds.initLabelValues(route.path());
    }
  }

  @Override
  public void answered(String route, int status, Duration time) {
    requests.labelValues(route, Integer.toString(status)).inc();
    seconds.labelValues(route).observe(time.toNanos() / NANOS_PER_SECOND);
  }
}
