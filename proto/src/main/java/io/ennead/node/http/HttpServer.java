package io.ennead.node.http;

import static java.util.Objects.requireNonNull;

import io.ennead.node.BindAddress;
import io.ennead.node.ConfigException;
import io.ennead.node.DaemonThreads;
import io.ennead.node.EventLoops;
import io.ennead.node.NodeSecurity;
import io.ennead.node.tls.TlsIdentity;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An HTTP/1.1 server: exact paths, keep-alive, TLS and the gatekeeper of its node. Everything that
 * a client may hold or leave unread is bounded by {@link HttpLimits}. Thread-safe.
 */
public final class HttpServer implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(HttpServer.class);
  private static final int BACKLOG = 128;
  private static final int HANDSHAKE_SECONDS = 10;
  private static final int END_SECONDS = 2;

  private final Options options;
  private final Channel listening;
  private final ChannelGroup connections;
  private final HttpService service;
  private final EventLoops loops;
  private final ExecutorService handlers;
  private volatile long drainedNanos;

  private HttpServer(
      Options options,
      Channel listening,
      ChannelGroup connections,
      HttpService service,
      EventLoops loops,
      ExecutorService handlers) {
    this.options = options;
    this.listening = listening;
    this.connections = connections;
    this.service = service;
    this.loops = loops;
    this.handlers = handlers;
  }

  /**
   * Where and how to listen.
   *
   * @param name of the server in settings (NAME-host), the log and names of threads
   * @param port 0 for any free one
   * @param allowInsecure allow an address other than loopback without TLS
   * @param grace how long {@link #close} waits for answers in progress
   * @param format of what the server answers itself
   */
  public record Options(
      String name,
      String host,
      int port,
      boolean allowInsecure,
      Duration grace,
      HttpLimits limits,
      Refusal.Format format,
      Guard guard,
      HttpObserver observer) {
    /** Checks the port. */
    public Options {
      requireNonNull(grace, "grace");
      if (port < 0 || port > 65_535) {
        throw new IllegalArgumentException("port: %d (expected: 0 to 65535)".formatted(port));
      }
    }

    /** The same with a guard. */
    public Options with(Guard other) {
      return new Options(name, host, port, allowInsecure, grace, limits, format, other, observer);
    }

    /**
     * The address to bind.
     *
     * @throws ConfigException when it may not be bound with such security
     */
    public InetSocketAddress bind(NodeSecurity security) {
      boolean safe = allowInsecure || security.tls().isPresent();
      return BindAddress.of(name + "-host", host, port, safe);
    }
  }

  /**
   * Listens.
   *
   * @param security stays the caller's
   * @throws ConfigException when the address may not or cannot be bound
   */
  public static HttpServer start(Options options, NodeSecurity security, List<Route> routes) {
    InetSocketAddress address = options.bind(security);
    EventLoops loops = EventLoops.named(options.name() + "-http");
    ExecutorService handlers = handlers(options);
    ChannelGroup connections = new DefaultChannelGroup(ImmediateEventExecutor.INSTANCE);
    HttpService service =
        new HttpService(new Routes(routes), security.gatekeeper(), options, handlers, connections);
    ServerBootstrap bootstrap =
        loops
            .serve(new ServerBootstrap(), security.failedHandshakes())
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.AUTO_READ, false)
            .childHandler(new Accepted(service, security.tls()));
    ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      handlers.shutdown();
      loops.close();
      throw cannotListen(options, bound.cause());
    }
    HttpServer server =
        new HttpServer(options, bound.channel(), connections, service, loops, handlers);
    logger.info("{} HTTP on {}:{}", options.name(), options.host(), server.port());
    return server;
  }

  private static ConfigException cannotListen(Options options, Throwable why) {
    return new ConfigException(
        "cannot listen on %s:%d: %s (expected: a free port of this machine)"
            .formatted(options.host(), options.port(), why.getMessage()),
        why);
  }

  private static ExecutorService handlers(Options options) {
    HttpLimits limits = options.limits();
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            limits.threads(),
            limits.threads(),
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(limits.requests()),
            DaemonThreads.named(options.name() + "-http-handler"));
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /** The pipeline of a connection. */
  private static final class Accepted extends ChannelInitializer<Channel> {
    private final HttpService service;
    private final Optional<TlsIdentity> tls;
    private final Optional<SSLContext> context;

    Accepted(HttpService service, Optional<TlsIdentity> tls) {
      this.service = service;
      this.tls = tls;
      this.context = tls.map(TlsIdentity::context);
    }

    @Override
    protected void initChannel(Channel channel) {
      if (!service.admits(channel)) {
        channel.close();
        return;
      }
      context.ifPresent(known -> channel.pipeline().addLast(handshake(known)));
      int head = service.limits().headBytes();
      HttpDecoderConfig decoding =
          new HttpDecoderConfig().setMaxInitialLineLength(head).setMaxHeaderSize(head);
      channel
          .pipeline()
          .addLast(new HttpServerCodec(decoding))
          .addLast(new FlowControlHandler()) // one object a read, however many arrive together
          .addLast(new Connection(service));
    }

    private SslHandler handshake(SSLContext known) {
      SSLEngine engine = known.createSSLEngine();
      engine.setUseClientMode(false);
      engine.setWantClientAuth(tls.map(TlsIdentity::asksClients).orElse(false));
      if (tls.map(TlsIdentity::needsClients).orElse(false)) {
        engine.setNeedClientAuth(true);
      }
      SslHandler handler = new SslHandler(engine);
      handler.setHandshakeTimeout(HANDSHAKE_SECONDS, TimeUnit.SECONDS);
      return handler;
    }
  }

  /** The port that is listened on. */
  public int port() {
    return ((InetSocketAddress) listening.localAddress()).getPort();
  }

  /** The exact paths that are served. */
  public Set<String> routes() {
    return service.routes().paths();
  }

  /** Takes no more connections; from now on the grace runs for answers in progress. */
  public synchronized void drain() {
    if (!service.draining()) {
      drainedNanos = System.nanoTime();
      service.drain();
      listening.close().awaitUninterruptibly();
      each(Connection::drain);
    }
  }

  /** Drains, waits for what is left of the grace, and ends what has not ended. */
  @Override
  public void close() {
    drain();
    if (!ended(options.grace().minusNanos(System.nanoTime() - drainedNanos))) {
      each(Connection::end);
      ended(Duration.ofSeconds(END_SECONDS));
    }
    handlers.shutdown();
    loops.close();
  }

  private boolean ended(Duration limit) {
    return connections.newCloseFuture().awaitUninterruptibly(Math.max(0, limit.toMillis()));
  }

  private void each(BiConsumer<Connection, ChannelHandlerContext> action) {
    for (Channel channel : connections) {
      ChannelHandlerContext context = channel.pipeline().context(Connection.class);
      if (context != null) {
        context.executor().execute(() -> action.accept((Connection) context.handler(), context));
      }
    }
  }
}
