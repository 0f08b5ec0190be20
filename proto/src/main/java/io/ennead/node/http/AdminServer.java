package io.ennead.node.http;

import io.ennead.node.NodeMetrics;
import io.ennead.node.NodeSecurity;
import io.ennead.node.Readiness;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The admin HTTP of a node: {@code /metrics} for Prometheus, {@code /livez} (the process answers)
 * and {@code /readyz} (200, or 503 with a line per missing part), and what else the node shows
 * there.
 */
public final class AdminServer implements AutoCloseable {
  private static final Duration GRACE = Duration.ofSeconds(1);

  private final HttpServer server;

  private AdminServer(HttpServer server) {
    this.server = server;
  }

  /** Listens, with neither TLS nor keys. */
  public static AdminServer start(
      String host,
      int port,
      boolean allowInsecure,
      Readiness readiness,
      PrometheusRegistry registry) {
    return start(host, port, allowInsecure, NodeSecurity.none(), readiness, registry, List.of());
  }

  /**
   * Listens, and registers the metrics of the JVM and of the node as a whole.
   *
   * @param port 0 for any free one
   * @param allowInsecure allow an address other than loopback, without TLS
   * @param security stays the caller's
   * @param more routes beside the three
   * @throws io.ennead.node.ConfigException when the address may not or cannot be bound
   */
  public static AdminServer start(
      String host,
      int port,
      boolean allowInsecure,
      NodeSecurity security,
      Readiness readiness,
      PrometheusRegistry registry,
      List<Route> more) {
    var options =
        new HttpServer.Options(
            "admin",
            host,
            port,
            allowInsecure,
            GRACE,
            HttpLimits.ADMIN,
            Refusal.Format.TEXT,
            Guard.NONE,
            HttpObserver.NONE);
    boolean onlyHere = options.bind(security).getAddress().isLoopbackAddress();
    if (onlyHere && !security.gatekeeper().closed()) {
      options = options.with(new LocalHosts(Refusal.Format.TEXT));
    }
    JvmMetrics.builder().register(registry);
    NodeMetrics.register(registry, readiness);
    return new AdminServer(HttpServer.start(options, security, routes(readiness, registry, more)));
  }

  private static List<Route> routes(
      Readiness readiness, PrometheusRegistry registry, List<Route> more) {
    List<Route> routes = new ArrayList<>(more);
    routes.add(Route.get("/metrics", new MetricsPage(registry)));
    routes.add(Route.get("/livez", exchange -> exchange.answer(Answer.text(200, "ok\n"))));
    routes.add(Route.get("/readyz", exchange -> exchange.answer(ready(readiness))));
    return routes;
  }

  private static Answer ready(Readiness readiness) {
    List<String> missing = readiness.missing();
    return missing.isEmpty()
        ? Answer.text(200, "ready\n")
        : Answer.text(503, String.join("\n", missing) + "\n");
  }

  /** The port that is listened on. */
  public int port() {
    return server.port();
  }

  /** The paths that are served. */
  public Set<String> routes() {
    return server.routes();
  }

  @Override
  public void close() {
    server.close();
  }
}
