package io.ennead.router;

import io.ennead.node.NodeSecurity;
import io.ennead.node.http.AdminServer;
import io.ennead.node.http.Guard;
import io.ennead.node.http.HttpLimits;
import io.ennead.node.http.HttpObserver;
import io.ennead.node.http.HttpServer;
import io.ennead.node.http.Route;
import io.ennead.router.api.SlowReaders;
import io.ennead.router.http.BrowserGuard;
import io.ennead.router.http.HttpMetrics;
import io.ennead.router.http.OpenAiRoutes;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts the HTTP of a router that clients call. */
final class RouterHttp {
  private static final Logger logger = LoggerFactory.getLogger(RouterHttp.class);
  private static final int MIN_CONNECTIONS = 1024;
  private static final int THREADS = 8;
  private static final int HEAD_BYTES = 16 << 10;
  private static final int BODIES = 4; // of the longest, at a time
  private static final Duration ARRIVAL = Duration.ofSeconds(30);
  private static final Duration IDLE = Duration.ofMinutes(1);

  private RouterHttp() {}

  /**
   * Fails when the address may not be bound, which can be said before anything else is done.
   *
   * @throws io.ennead.node.ConfigException then
   */
  static void requireBindable(RouterConfig config, NodeSecurity security) {
    InetSocketAddress unused = options(config, HttpObserver.NONE).bind(security);
  }

  /**
   * Listens.
   *
   * @throws io.ennead.node.ConfigException when the address may not or cannot be bound
   */
  static HttpServer start(
      RouterConfig config,
      NodeSecurity security,
      AdminServer admin,
      List<Route> routes,
      PrometheusRegistry registry) {
    boolean open = !security.gatekeeper().closed();
    HttpServer.Options options = options(config, new HttpMetrics(registry, routes));
    InetAddress address = options.bind(security).getAddress();
    if (open && !address.isLoopbackAddress()) {
      logger.warn(
          "{}: whoever can connect may call over HTTP (keys: --api-keys, mutual TLS: --tls-ca)",
          address);
    }
    var guard =
        new BrowserGuard(
            open,
            address.isLoopbackAddress(),
            admin::port,
            Set.copyOf(config.http().httpOrigins()));
    return HttpServer.start(options.with(guard), security, routes);
  }

  private static HttpServer.Options options(RouterConfig config, HttpObserver observer) {
    return new HttpServer.Options(
        "http",
        config.http().httpHost(),
        config.http().port(config.adminPort()),
        config.allowInsecure(),
        config.grace(),
        limits(config),
        OpenAiRoutes.REFUSALS,
        Guard.NONE,
        observer);
  }

  private static HttpLimits limits(RouterConfig config) {
    SlowReaders.Limits unread = config.slowReaderLimits();
    int connections =
        Math.max(MIN_CONNECTIONS, 2 * (config.maxBatch() + config.maxQueuedRequests()));
    return new HttpLimits(
        connections,
        connections, // the queue of requests says no before
        THREADS,
        HEAD_BYTES,
        (long) BODIES * OpenAiRoutes.MAX_BODY,
        ARRIVAL,
        IDLE,
        unread.bytes(),
        unread.stall());
  }
}
