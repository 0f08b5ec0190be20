package io.ennead.node;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.prometheus.metrics.exporter.httpserver.MetricsHandler;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
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
  private final ExecutorService threads;

  private AdminServer(HttpServer server, ExecutorService threads) {
    this.server = server;
    this.threads = threads;
  }

  /**
   * Listens, and registers the JVM's metrics.
   *
   * @param port 0 for any free one
   * @param allowInsecure allow an address other than loopback, without TLS
   * @throws ConfigException when the address may not or cannot be bound
   */
  public static AdminServer start(
      String host,
      int port,
      boolean allowInsecure,
      Readiness readiness,
      PrometheusRegistry registry) {
    limitTime("sun.net.httpserver.maxReqTime");
    limitTime("sun.net.httpserver.maxRspTime");
    HttpServer server = bind(BindAddress.of(host, port, allowInsecure));
    JvmMetrics.builder().register(registry);
    handle(server, "/metrics", new MetricsHandler(registry));
    handle(server, "/livez", exchange -> answer(exchange, 200, "ok\n"));
    handle(server, "/readyz", exchange -> ready(exchange, readiness));
    server.createContext("/", exchange -> answer(exchange, 404, "not found\n"));
    ExecutorService threads = threads();
    server.setExecutor(threads);
    startAsDaemon(server);
    logger.info("admin HTTP on {}:{}", host, server.getAddress().getPort());
    return new AdminServer(server, threads);
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

  private static HttpServer bind(InetSocketAddress address) {
    try {
      return HttpServer.create(address, BACKLOG);
    } catch (IOException e) {
      throw new ConfigException(
          "cannot listen on %s:%d: %s (expected: a free port of this machine)"
              .formatted(address.getHostString(), address.getPort(), e.getMessage()),
          e);
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
  private static void handle(HttpServer server, String path, HttpHandler handler) {
    server.createContext(
        path,
        exchange -> {
          if (!exchange.getRequestURI().getPath().equals(path)) {
            answer(exchange, 404, "not found\n");
          } else if (!isRead(exchange)) {
            exchange.getResponseHeaders().set("Allow", "GET, HEAD");
            answer(exchange, 405, "only GET and HEAD\n");
          } else {
            handler.handle(exchange);
          }
        });
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

  @Override
  public void close() {
    server.stop(0);
    threads.shutdown();
  }
}
