package io.ennead.expert;

import io.ennead.expert.api.ExpertGrpcService;
import io.ennead.expert.api.ServedExperts;
import io.ennead.expert.engine.TorchExperts;
import io.ennead.node.CallMetrics;
import io.ennead.node.ConfigException;
import io.ennead.node.ConfigLoader;
import io.ennead.node.DaemonThreads;
import io.ennead.node.NodeLogs;
import io.ennead.node.NodeSecurity;
import io.ennead.node.NodeServer;
import io.ennead.node.Progress;
import io.ennead.node.Readiness;
import io.ennead.node.Shutdown;
import io.ennead.node.Tracing;
import io.ennead.node.http.AdminServer;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running expert node. gRPC and admin HTTP listen from the start, so that health and {@code
 * /readyz} tell how far loading is; calls are served once the experts are loaded and warm.
 *
 * <p>Safe for use by several threads.
 */
public final class ExpertNode implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(ExpertNode.class);
  private static final long LOADING_STOP_SECONDS = 60;

  private final NodeSecurity security;
  private final Tracing tracing;
  private final Readiness readiness;
  private final NodeServer server;
  private final AdminServer admin;
  private final NodeLoading loading;
  private final CompletableFuture<HeldExperts> loaded = new CompletableFuture<>();
  private final AtomicBoolean closed = new AtomicBoolean();

  private ExpertNode(
      NodeSecurity security,
      Tracing tracing,
      Readiness readiness,
      NodeServer server,
      AdminServer admin,
      NodeLoading loading) {
    this.security = security;
    this.tracing = tracing;
    this.readiness = readiness;
    this.server = server;
    this.admin = admin;
    this.loading = loading;
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
      System.out.print(ConfigLoader.help(ExpertConfig.class, "expert"));
      return 0;
    }
    try {
      var config = ConfigLoader.load(ExpertConfig.class, "expert", args, System.getenv());
      NodeLogs.begin(config.telemetry());
      return start(config).runUntilClosed(config.drainDelay());
    } catch (ConfigException e) {
      System.err.println(e.getMessage());
      return 2;
    }
  }

  private int runUntilClosed(Duration drainDelay) throws InterruptedException {
    Shutdown shutdown = Shutdown.onSignal(readiness, drainDelay, this::close);
    boolean failed = loaded.handle((node, failure) -> failure != null).join();
    if (failed && !readiness.draining()) {
      shutdown.cancel();
      close();
      return 1;
    }
    server.awaitTermination();
    return 0;
  }

  /**
   * Starts a node on the TorchScript engine, with its progress on standard error or in the log.
   *
   * @throws ConfigException when an address may not or cannot be bound
   */
  public static ExpertNode start(ExpertConfig config) {
    Progress progress = NodeLogs.progress(logger);
    return start(config, TorchExperts::load, progress, new PrometheusRegistry());
  }

  /**
   * Starts a node on a given engine that tells its progress in {@code /readyz} only.
   *
   * @throws ConfigException when an address may not or cannot be bound
   */
  public static ExpertNode start(ExpertConfig config, EngineLoader loader) {
    return start(config, loader, new PrometheusRegistry());
  }

  /**
   * The same with a registry of the caller's, which gets the node's metrics.
   *
   * @throws ConfigException when an address may not or cannot be bound
   */
  public static ExpertNode start(
      ExpertConfig config, EngineLoader loader, PrometheusRegistry registry) {
    var nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    return start(config, loader, Progress.on(nowhere, false), registry);
  }

  private static ExpertNode start(
      ExpertConfig config, EngineLoader loader, Progress progress, PrometheusRegistry registry) {
    try {
      return open(config, loader, progress, registry);
    } catch (RuntimeException e) {
      progress.close();
      throw e;
    }
  }

  private static ExpertNode open(
      ExpertConfig config, EngineLoader loader, Progress progress, PrometheusRegistry registry) {
    logger.info("expert node: {}", ConfigLoader.describe(config));
    var readiness = new Readiness();
    readiness.waitFor(NodeLoading.PART, "not loaded yet");
    var service = new ExpertGrpcService(version(), readiness, config.maxMessageBytes());
    NodeSecurity security = NodeSecurity.open(config.security(), registry);
    Tracing tracing = Tracing.open(config.telemetry(), "ennead-expert");
    NodeServer server = startServer(config, security, tracing, readiness, registry, service);
    AdminServer admin = startAdmin(config, security, readiness, registry, server);
    var loading = new NodeLoading(config, loader, progress, readiness, registry);
    var node = new ExpertNode(security, tracing, readiness, server, admin, loading);
    String name = config.nodeName().isEmpty() ? "expert-" + server.port() : config.nodeName();
    DaemonThreads.named("expert-load").newThread(() -> node.load(name, service, progress)).start();
    return node;
  }

  private static NodeServer startServer(
      ExpertConfig config,
      NodeSecurity security,
      Tracing tracing,
      Readiness readiness,
      PrometheusRegistry registry,
      ExpertGrpcService service) {
    try {
      return NodeServer.start(
          config.serverOptions(),
          security,
          tracing,
          readiness,
          new CallMetrics(registry),
          List.of(service),
          Set.of(ExpertGrpcService.INLINE));
    } catch (RuntimeException e) {
      security.close();
      throw e;
    }
  }

  private static AdminServer startAdmin(
      ExpertConfig config,
      NodeSecurity security,
      Readiness readiness,
      PrometheusRegistry registry,
      NodeServer server) {
    try {
      return AdminServer.start(
          config.security().adminHost(),
          config.adminPort(),
          config.allowInsecure(),
          security,
          readiness,
          registry,
          List.of());
    } catch (RuntimeException e) {
      server.close();
      security.close();
      throw e;
    }
  }

  private static String version() {
    return Optional.ofNullable(ExpertNode.class.getPackage().getImplementationVersion())
        .orElse("development");
  }

  private void load(String name, ExpertGrpcService service, Progress progress) {
    try (progress) {
      HeldExperts held = loading.load(name, service);
      progress.finish();
      ServedExperts served = held.serve();
      readiness.done(NodeLoading.PART);
      logReady(served);
      loaded.complete(held);
    } catch (CancellationException e) {
      // Not as it is: a future takes this type for its own cancellation.
      loaded.completeExceptionally(new IllegalStateException(e.getMessage(), e));
    } catch (IllegalArgumentException e) { // the model or the configuration: the message says all
      logger.error("cannot load the experts: {}", e.getMessage());
      failed(e);
    } catch (RuntimeException | Error e) { // whatever it is, /readyz and awaitReady must tell
      logger.error("cannot load the experts", e);
      failed(e);
    }
  }

  private void failed(Throwable failure) {
    readiness.waitFor(NodeLoading.PART, "failed to load; the node's log says why");
    loaded.completeExceptionally(failure);
  }

  private void logReady(ServedExperts served) {
    logger.info(
        "{} ready on port {}: {} experts in {} layers, model {}, numerics {}, generation {}",
        served.nodeName(),
        port(),
        served.fingerprints().size(),
        served.model().layers().size(),
        served.modelFingerprint(),
        served.numericsId(),
        served.generation());
  }

  /** The gRPC port. */
  public int port() {
    return server.port();
  }

  /** The admin HTTP port. */
  public int adminPort() {
    return admin.port();
  }

  /**
   * Waits until calls are served.
   *
   * @throws RuntimeException why loading failed, as it was thrown
   * @throws IllegalStateException when the time is over, saying what is missing
   */
  public void awaitReady(Duration limit) throws InterruptedException {
    try {
      loaded.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new IllegalStateException(
          "not ready after %s: %s".formatted(limit, String.join("; ", readiness.missing())), e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException failure
          ? failure
          : new IllegalStateException("cannot load the experts", e.getCause());
    }
  }

  /**
   * Drains: health first, then no new calls, then the grace for those in progress, then the end of
   * batcher and engine. Loading stops at its next step.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    loading.stop();
    server.close();
    closeLoaded();
    admin.close();
    tracing.close();
    security.close();
  }

  private void closeLoaded() {
    try {
      loaded.get(LOADING_STOP_SECONDS, TimeUnit.SECONDS).close();
    } catch (ExecutionException e) {
      logger.debug("nothing was loaded: {}", e.getMessage());
    } catch (TimeoutException e) {
      logger.error("loading did not stop within {} s", LOADING_STOP_SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
