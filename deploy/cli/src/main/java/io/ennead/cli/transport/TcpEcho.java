package io.ennead.cli.transport;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The least that Netty does with the same bytes: one connection per node, without frames or
 * headers; whatever arrives goes back. One thread serves, one asks, and the caller waits.
 */
final class TcpEcho implements Transport {
  private static final long LIMIT_SECONDS = 30;

  private final int bytesPerRow;
  private final EventLoopGroup serving =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final EventLoopGroup asking =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final List<Channel> connections = new ArrayList<>();
  private final List<ByteBuf> messages = new ArrayList<>();

  private TcpEcho(int bytesPerRow) {
    this.bytesPerRow = bytesPerRow;
  }

  /** Listens and connects. */
  static TcpEcho start(int nodes, int bytesPerRow) throws InterruptedException {
    TcpEcho echo = new TcpEcho(bytesPerRow);
    try {
      for (int i = 0; i < nodes; i++) {
        echo.connections.add(echo.connect(echo.listen()));
      }
      return echo;
    } catch (RuntimeException | InterruptedException e) {
      echo.close();
      throw e;
    }
  }

  private InetSocketAddress listen() throws InterruptedException {
    return (InetSocketAddress)
        new ServerBootstrap()
            .group(serving)
            .channel(NioServerSocketChannel.class)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(new Back())
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sync()
            .channel()
            .localAddress();
  }

  private Channel connect(InetSocketAddress address) throws InterruptedException {
    return new Bootstrap()
        .group(asking)
        .channel(NioSocketChannel.class)
        .option(ChannelOption.TCP_NODELAY, true)
        .handler(new Count())
        .connect(address)
        .sync()
        .channel();
  }

  @Override
  public String name() {
    return "tcp";
  }

  @Override
  public RoundTrip prepare(LayerCall call) {
    int most = call.rowsOf(0) * bytesPerRow;
    ByteBuf message = PooledByteBufAllocator.DEFAULT.directBuffer(most, most).writeZero(most);
    messages.add(message);
    return () -> echo(call, message);
  }

  private void echo(LayerCall call, ByteBuf message) throws InterruptedException {
    List<CompletableFuture<Void>> answers = new ArrayList<>();
    for (int node = 0; node < call.nodes(); node++) {
      if (call.rowsOf(node) > 0) {
        answers.add(send(connections.get(node), message, call.rowsOf(node) * bytesPerRow));
      }
    }
    for (CompletableFuture<Void> answer : answers) {
      await(answer);
    }
  }

  private static CompletableFuture<Void> send(Channel connection, ByteBuf message, int bytes) {
    CompletableFuture<Void> answer = new CompletableFuture<>();
    connection.pipeline().get(Count.class).expect(bytes, answer);
    var unused =
        connection.writeAndFlush(message.retainedSlice(0, bytes), connection.voidPromise());
    return answer;
  }

  private static void await(CompletableFuture<Void> answer) throws InterruptedException {
    try {
      answer.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("TCP echo: " + e, e);
    }
  }

  @Override
  public void close() {
    for (EventLoopGroup threads : List.of(asking, serving)) {
      var unused = threads.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
    messages.forEach(ByteBuf::release); // what is being written holds on to it
    messages.clear();
  }

  /** Sends back what comes. */
  @Sharable
  private static final class Back extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      var unused = context.write(message, context.voidPromise());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      context.flush();
    }
  }

  /** Counts what comes back. The caller sets what it expects before it sends. */
  private static final class Count extends ChannelInboundHandlerAdapter {
    private volatile Expected expected = new Expected(0, new CompletableFuture<>());
    private int received; // by the event loop only

    private record Expected(int bytes, CompletableFuture<Void> answer) {}

    void expect(int bytes, CompletableFuture<Void> answer) {
      expected = new Expected(bytes, answer);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ByteBuf part = (ByteBuf) message;
      received += part.readableBytes();
      part.release();
      if (received == expected.bytes()) {
        received = 0;
        expected.answer().complete(null);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
      expected.answer().completeExceptionally(failure);
      var unused = context.close();
    }
  }
}
