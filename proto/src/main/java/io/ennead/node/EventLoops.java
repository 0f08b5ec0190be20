package io.ennead.node;

import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The threads that read and write a node's connections: epoll where there is one, and one thread
 * for two processors. Waking a thread on another processor takes longer than the work of a small
 * call, so few threads are faster than many. Thread-safe.
 */
public final class EventLoops implements AutoCloseable {
  private static final int MAX_THREADS = 4;

  private final EventLoopGroup group;

  private EventLoops(EventLoopGroup group) {
    this.group = group;
  }

  /** Makes event loops; a thread starts with its first connection. */
  public static EventLoops named(String name) {
    int threads = Math.min(MAX_THREADS, (Runtime.getRuntime().availableProcessors() + 1) / 2);
    return new EventLoops(
        new MultiThreadIoEventLoopGroup(threads, DaemonThreads.named(name), handlers()));
  }

  private static IoHandlerFactory handlers() {
    return Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
  }

  /** Lets a server run on these threads, with a handler in front of what it accepts. */
  NettyServerBuilder serve(
      NettyServerBuilder server, Optional<? extends ChannelHandler> accepting) {
    return server
        .bossEventLoopGroup(group)
        .workerEventLoopGroup(group)
        .channelFactory(() -> serverChannel(accepting));
  }

  /** The same for a server that is not gRPC's. */
  public ServerBootstrap serve(
      ServerBootstrap server, Optional<? extends ChannelHandler> accepting) {
    return server.group(group).channelFactory(() -> serverChannel(accepting));
  }

  private static ServerChannel serverChannel(Optional<? extends ChannelHandler> accepting) {
    ServerChannel channel =
        Epoll.isAvailable() ? new EpollServerSocketChannel() : new NioServerSocketChannel();
    accepting.ifPresent(handler -> channel.pipeline().addLast(handler));
    return channel;
  }

  /** Lets a client run on these threads. */
  public NettyChannelBuilder connect(NettyChannelBuilder client) {
    return client
        .eventLoopGroup(group)
        .channelType(Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class);
  }

  /** Ends the threads once what they have to do is done; does not wait for that. */
  @Override
  public void close() {
    var unused = group.shutdownGracefully(0, 2, TimeUnit.SECONDS);
  }
}
