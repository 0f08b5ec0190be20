package io.ennead.node;

import io.ennead.node.tls.TlsIdentity;
import io.grpc.Codec;
import io.grpc.DecompressorRegistry;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import io.grpc.ServerCredentials;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.ProtoReflectionService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.net.InetSocketAddress;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** How a node's gRPC server treats connections: limits, times, threads, what sees a call first. */
final class ServerTransport {
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

  private ServerTransport() {}

  /** A server with all of that but its threads and services; reflection is among them. */
  static NettyServerBuilder builder(
      NodeServer.Options options,
      NodeSecurity security,
      InetSocketAddress address,
      CallMetrics metrics) {
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
    addReflection(builder);
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

  /** Calls begin on the transport's thread, and go on elsewhere unless their method is inline. */
  static void run(NettyServerBuilder builder, Executor handlers, Set<String> inline) {
    builder
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
}
