package io.ennead.router.peer;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.pack.PackSource;
import io.ennead.node.Dialer;
import io.ennead.node.EventLoops;
import io.ennead.node.GrpcErrors;
import io.ennead.node.SharedBytesMarshaller;
import io.ennead.v1.DescribeNodeRequest;
import io.ennead.v1.DescribeNodeResponse;
import io.ennead.v1.ExpertServiceForwardRequest;
import io.ennead.v1.ExpertServiceForwardResponse;
import io.ennead.v1.ExpertServiceGrpc;
import io.ennead.v1.ExpertServiceGrpc.ExpertServiceFutureStub;
import io.ennead.v1.LoadExpertsRequest;
import io.ennead.v1.UnloadExpertsRequest;
import io.ennead.wire.Rows;
import io.ennead.wire.WireLimits;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@link ExpertPeer} over a channel of its own. gRPC's retries are off: they silently stop at 1 MiB
 * and know nothing of replicas. The state is one volatile; it changes on the monitor's thread, or
 * on the thread that sees a call fail because the node is gone.
 */
final class GrpcExpertPeer implements ExpertHolder, AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(GrpcExpertPeer.class);

  private static final MethodDescriptor<ExpertServiceForwardRequest, ExpertServiceForwardResponse>
      FORWARD =
          ExpertServiceGrpc.getForwardMethod().toBuilder()
              .setResponseMarshaller(
                  SharedBytesMarshaller.of(ExpertServiceForwardResponse.getDefaultInstance()))
              .build();

  private final PeerAddress address;
  private final ManagedChannel channel;
  private final ExpertServiceFutureStub stub;
  private final PeerCodec codec;
  private final Runnable onChange;
  private volatile PeerState state = new PeerState.Connecting("not asked yet");
  private volatile String name = "an expert node";
  private volatile long heardNanos = System.nanoTime();
  private volatile @Nullable Heard heard;

  private GrpcExpertPeer(
      PeerAddress address, ManagedChannel channel, PeerCodec codec, Runnable onChange) {
    this.address = address;
    this.channel = channel;
    this.stub = ExpertServiceGrpc.newFutureStub(channel);
    this.codec = codec;
    this.onChange = onChange;
  }

  /**
   * Connects.
   *
   * @param name what the node's certificate must be for, if that is not its address
   */
  static GrpcExpertPeer open(
      PeerAddress address,
      Optional<String> name,
      Dialer dialer,
      EventLoops loops,
      PeerCodec codec,
      Runnable onChange) {
    NettyChannelBuilder builder = dialer.to(address.host(), address.port());
    name.ifPresent(builder::overrideAuthority);
    ManagedChannel channel =
        loops
            .connect(builder)
            // Replies are decoded where they arrive: that takes less time than waking a thread.
            .directExecutor()
            .disableRetry()
            .maxInboundMessageSize(WireLimits.MAX_MESSAGE_BYTES)
            // A backstop for half-open connections; gRPC allows no shorter time.
            .keepAliveTime(10, TimeUnit.SECONDS)
            .keepAliveTimeout(5, TimeUnit.SECONDS)
            .keepAliveWithoutCalls(true)
            .build();
    return new GrpcExpertPeer(address, channel, codec, onChange);
  }

  @Override
  public PeerAddress address() {
    return address;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public PeerState state() {
    return state;
  }

  @Override
  public long heardNanos() {
    return heardNanos;
  }

  @Override
  public Optional<Heard> heard() {
    return Optional.ofNullable(heard);
  }

  /** The node has said what it is. */
  void hear(Heard latest) {
    heard = latest;
    heardNanos = System.nanoTime();
  }

  @Override
  public CompletableFuture<PeerReply> forward(PeerRequest request, Duration deadline) {
    if (!(state instanceof PeerState.Ready ready)) {
      return CompletableFuture.failedFuture(PeerException.notReady(this, request));
    }
    ExpertServiceForwardRequest message = codec.encode(request, ready.description());
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(deadline);
    ListenableFuture<ExpertServiceForwardResponse> call =
        ClientCalls.futureUnaryCall(channel.newCall(FORWARD, options), message);
    Reply reply = new Reply(request, deadline, message.getSerializedSize(), call);
    Futures.addCallback(call, reply, MoreExecutors.directExecutor());
    return reply.result;
  }

  /**
   * Completes the result from the call, whatever happens in between, and cancels the call with the
   * result: a caller waits for the result alone.
   */
  private final class Reply implements FutureCallback<ExpertServiceForwardResponse> {
    private final PeerRequest request;
    private final Duration deadline;
    private final int requestBytes;
    private final CompletableFuture<PeerReply> result = new CompletableFuture<>();

    Reply(
        PeerRequest request,
        Duration deadline,
        int requestBytes,
        ListenableFuture<ExpertServiceForwardResponse> call) {
      this.request = request;
      this.deadline = deadline;
      this.requestBytes = requestBytes;
      var unused =
          result.whenComplete(
              (reply, failure) -> {
                if (result.isCancelled()) {
                  call.cancel(true);
                }
              });
    }

    @Override
    public void onSuccess(@Nullable ExpertServiceForwardResponse answer) {
      ExpertServiceForwardResponse response = Objects.requireNonNull(answer, "answer");
      try {
        Rows outputs = codec.decode(response, request);
        result.complete(new PeerReply(outputs, requestBytes, response.getSerializedSize()));
      } catch (ServingException e) {
        result.completeExceptionally(PeerException.badReply(GrpcExpertPeer.this, request, e));
      } catch (Throwable e) { // out of memory, too
        result.completeExceptionally(e);
      }
    }

    @Override
    public void onFailure(Throwable failure) {
      try {
        noticeLoss(failure);
      } finally {
        result.completeExceptionally(
            PeerException.failed(GrpcExpertPeer.this, request, deadline, failure));
      }
    }

    private void noticeLoss(Throwable failure) {
      if (GrpcErrors.codeOf(failure) == Status.Code.UNAVAILABLE) {
        become(new PeerState.Lost(String.valueOf(GrpcErrors.fromThrowable(failure).getMessage())));
      }
    }
  }

  /** Asks the node what it is; it may leave out its experts when the generation is known. */
  ListenableFuture<DescribeNodeResponse> describe(String knownGeneration, Duration deadline) {
    return stub.withDeadlineAfter(deadline)
        .describeNode(DescribeNodeRequest.newBuilder().setKnownGeneration(knownGeneration).build());
  }

  @Override
  public void load(List<ExpertId> experts, Optional<PackSource> pack, Duration deadline) {
    LoadExpertsRequest.Builder request =
        LoadExpertsRequest.newBuilder()
            .setModelFingerprint(codec.modelFingerprint())
            .addAllExperts(PeerCodec.selectors(experts));
    pack.map(PeerCodec::pack).ifPresent(request::setPack);
    await(stub.withDeadlineAfter(deadline).loadExperts(request.build()));
  }

  @Override
  public void unload(List<ExpertId> experts, Duration deadline) {
    UnloadExpertsRequest request =
        UnloadExpertsRequest.newBuilder()
            .setModelFingerprint(codec.modelFingerprint())
            .addAllExperts(PeerCodec.selectors(experts))
            .build();
    await(stub.withDeadlineAfter(deadline).unloadExperts(request));
  }

  private static void await(ListenableFuture<?> answer) {
    try {
      answer.get();
    } catch (ExecutionException e) {
      throw GrpcErrors.fromThrowable(Objects.requireNonNullElse(e.getCause(), e));
    } catch (InterruptedException e) {
      answer.cancel(true);
      Thread.currentThread().interrupt();
      throw ServingException.cancelled("interrupted");
    }
  }

  /** Tries to connect now: by itself gRPC would wait for up to two minutes. */
  void connectNow() {
    channel.resetConnectBackoff();
  }

  /** Changes the state, and tells when that is news. */
  void become(PeerState next) {
    if (change(next)) {
      onChange.run();
    }
  }

  private synchronized boolean change(PeerState next) {
    PeerState previous = state;
    if (next.equals(previous)) {
      return false;
    }
    state = next;
    name = next instanceof PeerState.Ready ready ? ready.description().name() : name;
    log(previous, next);
    return true;
  }

  @GuardedBy("this")
  private void log(PeerState previous, PeerState next) {
    boolean sameKind = previous.getClass() == next.getClass();
    if (next instanceof PeerState.Refused || (next instanceof PeerState.Lost && !sameKind)) {
      logger.warn("expert node {} {}", address, next.text());
    } else if (next instanceof PeerState.Ready) {
      logger.info("expert node {} {}", address, next.text());
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
