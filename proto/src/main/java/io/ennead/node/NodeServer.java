package io.ennead.node;

import static java.util.Objects.requireNonNull;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gRPC server of a node: its services plus health, reflection, error mapping and call metrics.
 * Health follows {@link Readiness}: "" and every service are SERVING exactly while the node is
 * ready.
 *
 * <p>Handlers run on a pool of their own and may block there. Methods named as inline run on the
 * transport's threads, which saves waking another one; they must return soon.
 */
public final class NodeServer implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(NodeServer.class);

  // Threads start on demand and leave when idle; this many calls may block at once.
  private static final int HANDLER_THREADS = 64;

  private final Server server;
  private final EventLoops loops;
  private final ExecutorService handlers;
  private final HealthStatusManager health;
  private final Readiness readiness;
  private final Options options;

  /**
   * Where and how to listen.
   *
   * @param host name or address to bind
   * @param port 0 for any free one
   * @param maxMessageBytes a longer request ends with RESOURCE_EXHAUSTED
   * @param allowInsecure allow an address other than loopback without TLS
   * @param grace how long {@link #close} waits for calls in progress
   * @param publicServer whether clients come and go: connections have an age then, and idle ones
   *     end. Those between nodes stay
   */
  public record Options(
      String host,
      int port,
      int maxMessageBytes,
      boolean allowInsecure,
      Duration grace,
      boolean publicServer) {
    /** Checks ranges. */
    public Options {
      requireNonNull(host, "host");
      requireNonNull(grace, "grace");
      if (port < 0 || port > 65_535) {
        throw new IllegalArgumentException("port: %d (expected: 0 to 65535)".formatted(port));
      }
      if (maxMessageBytes <= 0) {
        throw new IllegalArgumentException(
            "max message bytes: %d (expected: at least 1)".formatted(maxMessageBytes));
      }
    }

    /** Of a server between nodes. */
    public Options(
        String host, int port, int maxMessageBytes, boolean allowInsecure, Duration grace) {
      this(host, port, maxMessageBytes, allowInsecure, grace, false);
    }

    /**
     * The address to bind.
     *
     * @throws ConfigException when it may not be bound with such security
     */
    InetSocketAddress bind(NodeSecurity security) {
      return BindAddress.of("host", host, port, allowInsecure || security.tls().isPresent());
    }

    /** The same, open to clients. */
    public Options toClients() {
      return new Options(host, port, maxMessageBytes, allowInsecure, grace, true);
    }
  }

  private NodeServer(
      Server server,
      EventLoops loops,
      ExecutorService handlers,
      HealthStatusManager health,
      Readiness readiness,
      Options options) {
    this.server = server;
    this.loops = loops;
    this.handlers = handlers;
    this.health = health;
    this.readiness = readiness;
    this.options = options;
  }

  /**
   * Listens.
   *
   * @throws ConfigException when the address may not or cannot be bound
   */
  public static NodeServer start(
      Options options,
      Readiness readiness,
      PrometheusRegistry registry,
      List<BindableService> services) {
    CallMetrics metrics = new CallMetrics(registry);
    return start(options, NodeSecurity.none(), readiness, metrics, services, Set.of());
  }

  /**
   * Listens.
   *
   * @param security stays the caller's
   * @param inline full names of the methods that run on the transport's threads
   * @throws ConfigException when the address may not or cannot be bound
   */
  public static NodeServer start(
      Options options,
      NodeSecurity security,
      Readiness readiness,
      CallMetrics metrics,
      List<BindableService> services,
      Set<String> inline) {
    return start(options, security, Tracing.OFF, readiness, metrics, services, inline);
  }

  /**
   * The same, traced.
   *
   * @param tracing stays the caller's
   * @throws ConfigException when the address may not or cannot be bound
   */
  public static NodeServer start(
      Options options,
      NodeSecurity security,
      Tracing tracing,
      Readiness readiness,
      CallMetrics metrics,
      List<BindableService> services,
      Set<String> inline) {
    InetSocketAddress address = options.bind(security);
    TransportLogs.leaveOutPeers();
    EventLoops loops = EventLoops.named("grpc-server");
    ExecutorService handlers = handlers();
    HealthStatusManager health = new HealthStatusManager();
    NettyServerBuilder builder = ServerTransport.builder(options, security, address, metrics);
    ServerTransport.run(builder, handlers, inline);
    builder.intercept(new RequestContext(inline, tracing));
    tracing.serve(builder); // the outermost: the others run in its span
    builder.addService(health.getHealthService());
    services.forEach(service -> builder.addService(LateReading.of(service.bindService())));
    Server server = loops.serve(builder, security.failedHandshakes()).build();
    NodeServer node = new NodeServer(server, loops, handlers, health, readiness, options);
    readiness.onChange(node::publishHealth);
    node.publishHealth();
    node.listen();
    warnWhenOpen(address, security);
    return node;
  }

  /**
   * Says early, before a model is loaded, that an address may not be bound.
   *
   * @throws ConfigException then
   */
  public static void requireBindable(Options options, NodeSecurity security) {
    InetSocketAddress unused = options.bind(security);
  }

  private static void warnWhenOpen(InetSocketAddress address, NodeSecurity security) {
    if (address.getAddress().isLoopbackAddress()) {
      return;
    }
    if (security.tls().isEmpty()) {
      logger.warn("{} is no loopback address: gRPC is open to the network, without TLS", address);
    }
    if (!security.gatekeeper().closed()) {
      logger.warn(
          "{}: whoever can connect may call (keys: --api-keys, mutual TLS: --tls-ca)", address);
    }
  }

  private static ExecutorService handlers() {
    // The queue is bounded by the calls that connections may have open.
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            HANDLER_THREADS,
            HANDLER_THREADS,
            30,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            DaemonThreads.named("grpc-handler"));
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  private void listen() {
    try {
      server.start();
    } catch (IOException e) {
      handlers.shutdown();
      loops.close();
      throw new ConfigException(
          "cannot listen on %s:%d: %s (expected: a free port of this machine)"
              .formatted(options.host(), options.port(), rootMessage(e)),
          e);
    }
    logger.info("gRPC on {}:{}", options.host(), port());
  }

  private static String rootMessage(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage());
  }

  // Serialised, so that a stale state cannot overwrite a newer one.
  private synchronized void publishHealth() {
    ServingStatus status = readiness.ready() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status);
    for (ServerServiceDefinition service : server.getImmutableServices()) {
      health.setStatus(service.getServiceDescriptor().getName(), status);
    }
    if (readiness.draining()) {
      health.enterTerminalState();
    }
  }

  /** The port that is listened on. */
  public int port() {
    return server.getPort();
  }

  /** Waits until the server is closed. */
  public void awaitTermination() throws InterruptedException {
    server.awaitTermination();
  }

  /** Drains: health first, then no new calls, then the grace for those in progress, then an end. */
  @Override
  public void close() {
    readiness.drain();
    server.shutdown();
    try {
      if (!server.awaitTermination(options.grace().toMillis(), TimeUnit.MILLISECONDS)) {
        server.shutdownNow();
        server.awaitTermination(2, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
    handlers.shutdown();
    loops.close();
  }
}
