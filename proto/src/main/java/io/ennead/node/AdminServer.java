package io.ennead.node;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.ennead.access.Certified;
import io.ennead.access.Gatekeeper;
import io.ennead.access.Tenant;
import io.ennead.errors.ServingException;
import io.ennead.node.tls.CertificateRoles;
import io.ennead.node.tls.TlsIdentity;
import io.ennead.v1.ErrorReason;
import io.prometheus.metrics.exporter.httpserver.MetricsHandler;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLParameters;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The admin HTTP of a node: {@code /metrics} for Prometheus, {@code /livez} (the process answers)
 * and {@code /readyz} (200, or 503 with a line per missing part). Runs on daemon threads.
 */
public final class AdminServer implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(AdminServer.class);
  private static final int BACKLOG = 64;

  // A request that comes slowly holds a thread until its time is over; probes need one meanwhile.
  private static final int THREADS = 200;
  private static final String SECONDS = "5";

  private final HttpServer server;
  private final Set<String> routes;
  private final ExecutorService threads;

  private AdminServer(HttpServer server, Set<String> routes, ExecutorService threads) {
    this.server = server;
    this.routes = Set.copyOf(routes);
    this.threads = threads;
  }

  /** Listens, with neither TLS nor keys. */
  public static AdminServer start(
      String host,
      int port,
      boolean allowInsecure,
      Readiness readiness,
      PrometheusRegistry registry) {
    return start(host, port, allowInsecure, NodeSecurity.none(), readiness, registry);
  }

  /**
   * Listens, and registers the metrics of the JVM and of the node as a whole.
   *
   * @param port 0 for any free one
   * @param allowInsecure allow an address other than loopback, without TLS
   * @param security stays the caller's
   * @throws ConfigException when the address may not or cannot be bound
   */
  public static AdminServer start(
      String host,
      int port,
      boolean allowInsecure,
      NodeSecurity security,
      Readiness readiness,
      PrometheusRegistry registry) {
    limitTime("sun.net.httpserver.maxReqTime");
    limitTime("sun.net.httpserver.maxRspTime");
    boolean safe = allowInsecure || security.tls().isPresent();
    HttpServer server = bind(BindAddress.of("admin-host", host, port, safe), security.tls());
    JvmMetrics.builder().register(registry);
    NodeMetrics.register(registry, readiness);
    Map<String, HttpHandler> routes =
        Map.of(
            "/metrics", new MetricsHandler(registry),
            "/livez", exchange -> answer(exchange, 200, "ok\n"),
            "/readyz", exchange -> ready(exchange, readiness));
    routes.forEach((path, handler) -> handle(server, path, security.gatekeeper(), handler));
    server.createContext("/", exchange -> answer(exchange, 404, "not found\n"));
    ExecutorService threads = threads();
    server.setExecutor(threads);
    startAsDaemon(server);
    logger.info("admin HTTP on {}:{}", host, server.getAddress().getPort());
    return new AdminServer(server, routes.keySet(), threads);
  }

  // Without these the JDK's server waits for ever for a request's end, or for a reader; there is no
  // other way to tell it, and it looks once, when the first server of a process is made.
  private static void limitTime(String property) {
    System.setProperty(property, System.getProperty(property, SECONDS));
  }

  private static ExecutorService threads() {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            DaemonThreads.named("admin-http"));
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  private static HttpServer bind(InetSocketAddress address, Optional<TlsIdentity> tls) {
    try {
      if (tls.isEmpty()) {
        return HttpServer.create(address, BACKLOG);
      }
      HttpsServer server = HttpsServer.create(address, BACKLOG);
      server.setHttpsConfigurator(new Https(tls.get()));
      return server;
    } catch (IOException e) {
      throw new ConfigException(
          "cannot listen on %s:%d: %s (expected: a free port of this machine)"
              .formatted(address.getHostString(), address.getPort(), e.getMessage()),
          e);
    }
  }

  /** The TLS of one connection after the other. */
  private static final class Https extends HttpsConfigurator {
    private final TlsIdentity tls;

    Https(TlsIdentity tls) {
      super(tls.context());
      this.tls = tls;
    }

    @Override
    public void configure(HttpsParameters parameters) {
      SSLParameters asked = getSSLContext().getDefaultSSLParameters();
      asked.setWantClientAuth(tls.asksClients());
      if (tls.needsClients()) {
        asked.setNeedClientAuth(true);
      }
      parameters.setSSLParameters(asked);
    }
  }

  // The dispatcher thread inherits being a daemon from the thread that starts it.
  private static void startAsDaemon(HttpServer server) {
    Thread starter = DaemonThreads.named("admin-http-start").newThread(server::start);
    starter.start();
    boolean interrupted = false;
    while (true) {
      try {
        starter.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  // Contexts match by prefix; a path must match exactly.
  private static void handle(
      HttpServer server, String path, Gatekeeper gatekeeper, HttpHandler handler) {
    server.createContext(
        path,
        exchange -> {
          if (!exchange.getRequestURI().getPath().equals(path)) {
            answer(exchange, 404, "not found\n");
          } else if (!isRead(exchange)) {
            exchange.getResponseHeaders().set("Allow", "GET, HEAD");
            answer(exchange, 405, "only GET and HEAD\n");
          } else if (allowed(exchange, path, gatekeeper)) {
            handler.handle(exchange);
          }
        });
  }

  /** Answers itself when not. */
  private static boolean allowed(HttpExchange exchange, String path, Gatekeeper gatekeeper)
      throws IOException {
    Optional<String> authorization =
        Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization"));
    Certified certificate =
        exchange instanceof HttpsExchange https
            ? CertificateRoles.of(https.getSSLSession())
            : Certified.NONE;
    try {
      Tenant unused = gatekeeper.check(path, authorization, certificate);
      return true;
    } catch (ServingException e) {
      boolean known = e.reason() == ErrorReason.ERROR_REASON_PERMISSION_DENIED;
      if (!known) {
        exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
      }
      answer(exchange, known ? 403 : 401, e.getMessage() + "\n");
      return false;
    }
  }

  private static boolean isRead(HttpExchange exchange) {
    String method = exchange.getRequestMethod();
    return method.equals("GET") || method.equals("HEAD");
  }

  private static void ready(HttpExchange exchange, Readiness readiness) throws IOException {
    var missing = readiness.missing();
    if (missing.isEmpty()) {
      answer(exchange, 200, "ready\n");
      return;
    }
    answer(exchange, 503, String.join("\n", missing) + "\n");
  }

  private static void answer(HttpExchange exchange, int code, String text) throws IOException {
    try (exchange) {
      byte[] body = text.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
      if (exchange.getRequestMethod().equals("HEAD")) {
        exchange.sendResponseHeaders(code, -1);
        return;
      }
      exchange.sendResponseHeaders(code, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  /** The port that is listened on. */
  public int port() {
    return server.getAddress().getPort();
  }

  /** The paths that are served. */
  public Set<String> routes() {
    return routes;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdown();
  }
}
