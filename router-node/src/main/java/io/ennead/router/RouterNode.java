package io.ennead.router;

import io.ennead.node.CallMetrics;
import io.ennead.node.ConfigException;
import io.ennead.node.ConfigLoader;
import io.ennead.node.NodeLogs;
import io.ennead.node.NodeSecurity;
import io.ennead.node.NodeServer;
import io.ennead.node.Readiness;
import io.ennead.node.Shutdown;
import io.ennead.node.Tracing;
import io.ennead.node.http.AdminServer;
import io.ennead.node.http.HttpServer;
import io.ennead.router.console.Console;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.security.Security;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running router node. The admin port listens first, so that {@code /readyz} tells what is
 * missing; gRPC follows when the model is loaded; requests succeed when every expert is held by
 * some expert node.
 *
 * <p>Safe for use by several threads.
 */
public final class RouterNode implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(RouterNode.class);

  private final Readiness readiness;
  private final NodeServer server;
  private final AdminServer admin;
  private final NodeServer cluster;
  private final HttpServer http;
  private final Started started;
  private final AtomicBoolean closed = new AtomicBoolean();

  private RouterNode(
      Readiness readiness,
      NodeServer server,
      AdminServer admin,
      NodeServer cluster,
      HttpServer http,
      Started started) {
    this.readiness = readiness;
    this.server = server;
    this.admin = admin;
    this.cluster = cluster;
    this.http = http;
    this.started = started;
  }

  /** Runs a node, configured by flags, environment and file, until the process is told to end. */
  public static void main(String[] args) throws InterruptedException {
    int exit = run(List.of(args));
    if (exit != 0) {
      System.exit(exit);
    }
  }

  private static int run(List<String> args) throws InterruptedException {
    if (args.contains("--help")) {
      System.out.print(ConfigLoader.help(RouterConfig.class, "router"));
      return 0;
    }
    // Java's 30 s are long for a router to learn of a new expert node.
    Security.setProperty("networkaddress.cache.ttl", "5");
    try {
      var config = ConfigLoader.load(RouterConfig.class, "router", args, System.getenv());
      NodeLogs.begin(config.telemetry());
      RouterNode node = start(config);
      Shutdown.onSignal(node.readiness, config.drainDelay(), node::close);
      node.server.awaitTermination();
      return 0;
    } catch (ConfigException e) {
      System.err.println(e.getMessage());
      return 2;
    } catch (
        RuntimeException e) { // whatever is wrong with the model: one line, and the log has it all
      logger.debug("cannot start", e);
      System.err.println("router: " + e.getMessage());
      return 1;
    }
  }

  /**
   * Loads the model and starts serving. Blocks while loading.
   *
   * @throws ConfigException when an address may not or cannot be bound
   * @throws IllegalArgumentException when the model cannot be served, naming file and expectation
   */
  public static RouterNode start(RouterConfig config) {
    return start(config, new PrometheusRegistry());
  }

  /**
   * The same with a registry of the caller's, which gets the node's metrics.
   *
   * @throws ConfigException when an address may not or cannot be bound
   * @throws IllegalArgumentException when the model cannot be served, naming file and expectation
   */
  public static RouterNode start(RouterConfig config, PrometheusRegistry registry) {
    logger.info("router: {}", ConfigLoader.describe(config));
    var readiness = new Readiness();
    readiness.waitFor("model", "loading " + config.model());
    NodeSecurity security = NodeSecurity.open(config.security(), registry);
    Tracing tracing = Tracing.open(config.telemetry(), "ennead-router");
    Started started = new Started();
    started.keep(security);
    started.keep(tracing);
    try {
      NodeServer.requireBindable(config.serverOptions(), security);
      NodeServer.requireBindable(config.clusterOptions(), security);
      RouterHttp.requireBindable(config, security);
      Console console = Console.read(security.tls().isPresent());
      AdminServer admin = started.keep(startAdmin(config, security, readiness, registry, console));
      started.keep(console);
      RouterParts parts =
          RouterParts.assemble(
              config,
              security.dialer(config.pool().peerKey()),
              tracing,
              console.timeline(),
              readiness,
              registry);
      started.keep(parts);
      CallMetrics metrics = new CallMetrics(registry);
      NodeServer cluster =
          NodeServer.start(
              config.clusterOptions(),
              security,
              readiness,
              metrics,
              parts.operatorServices(),
              Set.of());
      started.keep(cluster);
      HttpServer http =
          started.keep(RouterHttp.start(config, security, admin, parts.routes(), registry));
      NodeServer server =
          NodeServer.start(
              config.serverOptions(),
              security,
              tracing,
              readiness,
              metrics,
              parts.services(),
              Set.of());
      started.keep(server);
      console.open(parts.sources(http.port()));
      readiness.done("model");
      logger.info("{} on port {}", parts.description(), server.port());
      return new RouterNode(readiness, server, admin, cluster, http, started);
    } catch (RuntimeException e) {
      started.close();
      throw e;
    }
  }

  private static AdminServer startAdmin(
      RouterConfig config,
      NodeSecurity security,
      Readiness readiness,
      PrometheusRegistry registry,
      Console console) {
    return AdminServer.start(
        config.security().adminHost(),
        config.adminPort(),
        config.allowInsecure(),
        security,
        readiness,
        registry,
        console.routes());
  }

  /** The gRPC port. */
  public int port() {
    return server.port();
  }

  /** The admin HTTP port. */
  public int adminPort() {
    return admin.port();
  }

  /** The gRPC port of {@code ClusterService}. */
  public int clusterPort() {
    return cluster.port();
  }

  /** The port of OpenAI's HTTP API. */
  public int httpPort() {
    return http.port();
  }

  /**
   * Waits until every expert can be reached.
   *
   * @throws IllegalStateException when the time is over, saying what is missing
   */
  public void awaitReady(Duration limit) throws InterruptedException {
    readiness.await(limit);
  }

  /**
   * Drains: health first, then no new calls, then the grace for those in progress, then the parts.
   */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      http.drain(); // its grace is that of the gRPC server, not one after the other
      started.close();
    }
  }
}
