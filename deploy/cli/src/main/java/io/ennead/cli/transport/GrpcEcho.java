package io.ennead.cli.transport;

import io.ennead.wire.WireLimits;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The least that grpc-java does with the same bytes: one call per node that gives a byte array
 * back, on a channel and a server per node, with the settings of ours that cost something.
 */
final class GrpcEcho implements Transport {
  private static final long DEADLINE_SECONDS = 5; // ours have one, too
  private static final MethodDescriptor<byte[], byte[]> ECHO = method("Echo", MethodType.UNARY);
  private static final MethodDescriptor<byte[], byte[]> ECHO_STREAM =
      method("EchoStream", MethodType.BIDI_STREAMING);

  private final Kind kind;
  private final int bytesPerRow;
  private final List<Server> servers = new ArrayList<>();
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final List<EchoStream> streams = new ArrayList<>();

  /** Ways to call. */
  enum Kind {
    /** Unary; handlers and callbacks run on gRPC's own pool, as by default. */
    POOLED("grpc"),
    /** Unary; handlers and callbacks run on the transport's threads. */
    DIRECT("grpc-direct"),
    /** As {@link #DIRECT}, but over one stream per node that stays open, without deadlines. */
    STREAM("grpc-stream");

    private final String label;

    Kind(String label) {
      this.label = label;
    }
  }

  private GrpcEcho(Kind kind, int bytesPerRow) {
    this.kind = kind;
    this.bytesPerRow = bytesPerRow;
  }

  private static MethodDescriptor<byte[], byte[]> method(String name, MethodType type) {
    return MethodDescriptor.<byte[], byte[]>newBuilder()
        .setType(type)
        .setFullMethodName("ennead.Echo/" + name)
        .setRequestMarshaller(new Bytes())
        .setResponseMarshaller(new Bytes())
        .build();
  }

  /** Starts servers and channels. */
  static GrpcEcho start(int nodes, int bytesPerRow, Kind kind) throws IOException {
    GrpcEcho echo = new GrpcEcho(kind, bytesPerRow);
    try {
      for (int i = 0; i < nodes; i++) {
        echo.addNode();
      }
      return echo;
    } catch (IOException | RuntimeException e) {
      echo.close();
      throw e;
    }
  }

  private void addNode() throws IOException {
    Server server = server();
    servers.add(server);
    ManagedChannel channel = channel(server.getPort());
    channels.add(channel);
    if (kind == Kind.STREAM) {
      streams.add(new EchoStream(channel, ECHO_STREAM));
    }
  }

  private Server server() throws IOException {
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .maxInboundMessageSize(WireLimits.MAX_MESSAGE_BYTES)
            .addService(
                ServerServiceDefinition.builder("ennead.Echo")
                    .addMethod(
                        ECHO,
                        ServerCalls.asyncUnaryCall(
                            (request, observer) -> {
                              observer.onNext(request);
                              observer.onCompleted();
                            }))
                    // What is observed goes back as it is: messages, and the end.
                    .addMethod(ECHO_STREAM, ServerCalls.asyncBidiStreamingCall(back -> back))
                    .build());
    return (kind == Kind.POOLED ? builder : builder.directExecutor()).build().start();
  }

  private ManagedChannel channel(int port) {
    NettyChannelBuilder builder =
        NettyChannelBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
            .usePlaintext()
            .disableRetry()
            .maxInboundMessageSize(WireLimits.MAX_MESSAGE_BYTES);
    return (kind == Kind.POOLED ? builder : builder.directExecutor()).build();
  }

  @Override
  public String name() {
    return kind.label;
  }

  @Override
  public RoundTrip prepare(LayerCall call) {
    List<byte[]> messages = new ArrayList<>();
    for (int node = 0; node < call.nodes(); node++) {
      messages.add(new byte[call.rowsOf(node) * bytesPerRow]);
    }
    return () -> echo(messages);
  }

  private void echo(List<byte[]> messages) throws InterruptedException {
    List<Future<byte[]>> answers = new ArrayList<>();
    for (int node = 0; node < messages.size(); node++) {
      if (messages.get(node).length > 0) {
        answers.add(send(node, messages.get(node)));
      }
    }
    for (Future<byte[]> answer : answers) {
      await(answer);
    }
  }

  private Future<byte[]> send(int node, byte[] message) {
    return kind == Kind.STREAM
        ? streams.get(node).send(message)
        : call(channels.get(node), message);
  }

  private static Future<byte[]> call(Channel channel, byte[] message) {
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
    return ClientCalls.futureUnaryCall(channel.newCall(ECHO, options), message);
  }

  private static void await(Future<byte[]> answer) throws InterruptedException {
    try {
      answer.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("gRPC echo: " + e.getCause(), e);
    }
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    servers.forEach(Server::shutdownNow);
  }

  /** A message is its bytes. */
  private static final class Bytes implements Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        byte[] bytes = new byte[stream.available()]; // gRPC's streams know what is left
        stream.readNBytes(bytes, 0, bytes.length);
        return bytes;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
