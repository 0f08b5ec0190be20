package io.ennead.node;

import static java.util.Objects.requireNonNull;

import io.ennead.node.tls.TlsIdentity;
import io.grpc.BindableService;
import io.grpc.Codec;
import io.grpc.DecompressorRegistry;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import io.grpc.ServerCredentials;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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
  private static final int MAX_CALLS_PER_CONNECTION = 1024;
  // Against rapid reset, which sends hundreds of thousands. Each cancelled or expired call is a
  // reset too, and all calls of a peer share its connection: 1024 at a time, 660 resets a second.
  private static final int MAX_RESETS = 20_000;
  private static final int RESET_WINDOW_SECONDS = 30;
  private static final int MAX_METADATA_BYTES = 8 << 10;
  private static final int MAX_CONNECTION_IDLE_MINUTES = 5;
  private static final int MAX_CONNECTION_AGE_MINUTES = 30;
  // As long as a command's request may take when nobody says otherwise.
  private static final int MAX_CONNECTION_AGE_GRACE_MINUTES = 10;

  // A thousandth of the bytes would make a peer's messages as large as the limit allows, 64 at
  // once.
  private static final DecompressorRegistry UNCOMPRESSED =
      DecompressorRegistry.emptyInstance().with(Codec.Identity.NONE, false);

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
    NettyServerBuilder builder = builder(options, security, address, metrics);
    builder.intercept(new RequestContext(inline, tracing));
    tracing.serve(builder); // the outermost: the others run in its span
    builder.addService(health.getHealthService());
    addReflection(builder);
    services.forEach(service -> builder.addService(LateReading.of(service.bindService())));
    Server server =
        loops.serve(executors(builder, handlers, inline), security.failedHandshakes()).build();
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

  /** Calls begin on the transport's thread, and go on elsewhere unless their method is inline. */
  private static NettyServerBuilder executors(
      NettyServerBuilder builder, Executor handlers, Set<String> inline) {
    return builder
        .directExecutor()
        .callExecutor(
            new ServerCallExecutorSupplier() {
              @Override
              public <Q, R> @Nullable Executor getExecutor(
                  ServerCall<Q, R> call, Metadata headers) {
                String method = call.getMethodDescriptor().getFullMethodName();
                return inline.contains(method) ? null : handlers; // null: where it began
              }
            });
  }

  private static NettyServerBuilder builder(
      Options options, NodeSecurity security, InetSocketAddress address, CallMetrics metrics) {
    ServerCredentials credentials =
        security.tls().map(TlsIdentity::server).orElseGet(InsecureServerCredentials::create);
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(address, credentials)
            .maxInboundMetadataSize(MAX_METADATA_BYTES)
            .maxInboundMessageSize(options.maxMessageBytes())
            .decompressorRegistry(UNCOMPRESSED)
            .maxConcurrentCallsPerConnection(MAX_CALLS_PER_CONNECTION)
            .maxRstFramesPerWindow(MAX_RESETS, RESET_WINDOW_SECONDS)
            .handshakeTimeout(10, TimeUnit.SECONDS)
            .keepAliveTime(30, TimeUnit.SECONDS)
            .keepAliveTimeout(10, TimeUnit.SECONDS)
            .permitKeepAliveTime(5, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            // The last one added is the outermost: metrics see the mapped codes.
            .intercept(new AccessInterceptor(security.gatekeeper()))
            .intercept(new ErrorInterceptor())
            .intercept(metrics)
            .addTransportFilter(AccessInterceptor.readingCertificates());
    return options.publicServer() ? endingConnections(builder) : builder;
  }

  // A client that stays learns of new servers and certificates within the age.
  private static NettyServerBuilder endingConnections(NettyServerBuilder builder) {
    return builder
        .maxConnectionIdle(MAX_CONNECTION_IDLE_MINUTES, TimeUnit.MINUTES)
        .maxConnectionAge(MAX_CONNECTION_AGE_MINUTES, TimeUnit.MINUTES)
        .maxConnectionAgeGrace(MAX_CONNECTION_AGE_GRACE_MINUTES, TimeUnit.MINUTES);
  }

  // v1alpha is what released versions of grpcurl and ghz still ask for.
  @SuppressWarnings("deprecation")
  private static void addReflection(NettyServerBuilder builder) {
    builder
        .addService(ProtoReflectionServiceV1.newInstance())
        .addService(ProtoReflectionService.newInstance());
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
