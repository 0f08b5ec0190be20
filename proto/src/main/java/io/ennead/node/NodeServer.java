package io.ennead.node;

import static java.util.Objects.requireNonNull;

import io.grpc.BindableService;
import io.grpc.Codec;
import io.grpc.DecompressorRegistry;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import io.grpc.ServerInterceptors;
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
   */
  public record Options(
      String host, int port, int maxMessageBytes, boolean allowInsecure, Duration grace) {
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
    return start(options, readiness, registry, services, Set.of());
  }

  /**
   * Listens.
   *
   * @param inline full names of the methods that run on the transport's threads
   * @throws ConfigException when the address may not or cannot be bound
   */
  public static NodeServer start(
      Options options,
      Readiness readiness,
      PrometheusRegistry registry,
      List<BindableService> services,
      Set<String> inline) {
    InetSocketAddress address =
        BindAddress.of(options.host(), options.port(), options.allowInsecure());
    TransportLogs.leaveOutPeers();
    EventLoops loops = EventLoops.named("grpc-server");
    ExecutorService handlers = handlers();
    HealthStatusManager health = new HealthStatusManager();
    NettyServerBuilder builder = builder(options, address, health, registry, services);
    Server server = loops.serve(executors(builder, handlers, inline)).build();
    NodeServer node = new NodeServer(server, loops, handlers, health, readiness, options);
    readiness.onChange(node::publishHealth);
    node.publishHealth();
    node.listen();
    warnWhenOpen(address);
    return node;
  }

  // A node has one gRPC server, so this is said once per node, for its admin HTTP as well.
  private static void warnWhenOpen(InetSocketAddress address) {
    if (!address.getAddress().isLoopbackAddress()) {
      logger.warn(
          "{} is no loopback address: gRPC and admin HTTP are open to the network, without TLS",
          address.getHostString());
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
      Options options,
      InetSocketAddress address,
      HealthStatusManager health,
      PrometheusRegistry registry,
      List<BindableService> services) {
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(address)
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
            .intercept(new ErrorInterceptor())
            .intercept(new CallMetrics(registry))
            .addService(health.getHealthService());
    addReflection(builder);
    services.forEach(service -> builder.addService(readInside(service)));
    return builder;
  }

  // gRPC answers UNKNOWN to a message that cannot be read, before any interceptor sees it; read by
  // the listener instead, it fails where failures are mapped and counted.
  private static ServerServiceDefinition readInside(BindableService service) {
    return ServerInterceptors.useInputStreamMessages(service.bindService());
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
