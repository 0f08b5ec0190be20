package io.ennead.expert.api;

import io.ennead.errors.ServingException;
import io.ennead.expert.api.ChangeCall.Range;
import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.batch.BatchResult;
import io.ennead.expert.pack.PackSource;
import io.ennead.node.GrpcErrors;
import io.ennead.node.Readiness;
import io.ennead.node.ResidentMemory;
import io.ennead.node.SharedBytesMarshaller;
import io.ennead.v1.DataType;
import io.ennead.v1.DescribeNodeRequest;
import io.ennead.v1.DescribeNodeResponse;
import io.ennead.v1.ExpertServiceForwardRequest;
import io.ennead.v1.ExpertServiceForwardResponse;
import io.ennead.v1.ExpertServiceGrpc;
import io.ennead.v1.LoadExpertsRequest;
import io.ennead.v1.LoadExpertsResponse;
import io.ennead.v1.LoadedExpert;
import io.ennead.v1.UnloadExpertsRequest;
import io.ennead.v1.UnloadExpertsResponse;
import io.ennead.wire.TensorCodec;
import io.grpc.BindableService;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * {@code ennead.v1.ExpertService}: refuses calls until {@link #serve} has been called, then hands
 * them to the batcher. A caller that leaves, or whose deadline passes, takes its call with it.
 *
 * <p>No thread waits for a computation: the thread that computed a reply encodes it. {@link
 * #INLINE} may run on the transport's threads: what is long is done elsewhere.
 */
public final class ExpertGrpcService implements ExpertServiceGrpc.AsyncService, BindableService {
  /** Full name of the method that wakes no other thread. */
  public static final String INLINE = ExpertServiceGrpc.getForwardMethod().getFullMethodName();

  /** What a reply holds beside the outputs' bytes, generously. */
  private static final int REPLY_OVERHEAD_BYTES = 1024;

  private final String version;
  private final Readiness readiness;
  private final int maxReplyBytes;
  private volatile @Nullable ServedExperts served;
  private volatile @Nullable ExpertChanges changes;

  /**
   * A service that serves nothing yet.
   *
   * @param version of the software, for DescribeNode
   * @param readiness says what is missing as long as nothing is served
   * @param maxMessageBytes what callers accept as a reply
   */
  public ExpertGrpcService(String version, Readiness readiness, int maxMessageBytes) {
    this.version = version;
    this.readiness = readiness;
    this.maxReplyBytes = Math.max(0, maxMessageBytes - REPLY_OVERHEAD_BYTES);
  }

  /**
   * Serves these experts from now on. Calls in progress keep what they began with.
   *
   * @param by what callers may change them by
   */
  public void serve(ServedExperts experts, ExpertChanges by) {
    changes = by;
    served = experts;
  }

  @Override
  public ServerServiceDefinition bindService() {
    return ServerInterceptors.intercept(
        SharedBytesMarshaller.requestsOf(
            ExpertServiceGrpc.bindService(this),
            INLINE,
            ExpertServiceForwardRequest.getDefaultInstance()),
        new Callers());
  }

  @Override
  public void forward(
      ExpertServiceForwardRequest request, StreamObserver<ExpertServiceForwardResponse> observer) {
    try {
      ServedExperts experts = requireServed();
      ForwardCall call = ForwardCall.decode(request, experts, maxReplyBytes);
      CompletableFuture<BatchResult> result =
          experts
              .batcher()
              .submit(call.layer(), call.tile(), call.rows(), call.slices(), Callers.current());
      takeBackOnCancel(observer, result);
      var unused = result.whenComplete(reply(observer, call.rowType()));
    } catch (RuntimeException e) {
      observer.onError(GrpcErrors.toStatus(e));
    }
  }

  /** Routers that ask go elsewhere, while calls of those that have not asked yet are served. */
  private void requireStaying() {
    if (readiness.draining()) {
      throw ServingException.draining();
    }
  }

  private ServedExperts requireServed() {
    ServedExperts experts = served;
    if (experts != null) {
      return experts;
    }
    throw readiness.draining()
        ? ServingException.draining()
        : ServingException.loading(String.join("; ", readiness.missing()));
  }

  private static void takeBackOnCancel(
      StreamObserver<ExpertServiceForwardResponse> observer,
      CompletableFuture<BatchResult> result) {
    var call = (ServerCallStreamObserver<ExpertServiceForwardResponse>) observer;
    call.setOnCancelHandler(() -> result.cancel(false));
  }

  private static BiConsumer<@Nullable BatchResult, @Nullable Throwable> reply(
      StreamObserver<ExpertServiceForwardResponse> observer, DataType type) {
    return (result, failure) -> {
      if (result == null) {
        observer.onError(GrpcErrors.statusOf(failure(failure)));
        return;
      }
      try {
        observer.onNext(encode(result, type));
        observer.onCompleted();
      } catch (RuntimeException | Error e) { // nobody else sees it, and the call would never end
        observer.onError(GrpcErrors.toStatus(e));
      }
    };
  }

  /**
   * The batcher has logged its failures, once per run. Only {@link #takeBackOnCancel} cancels; the
   * caller that left sees none of this.
   */
  private static ServingException failure(@Nullable Throwable failure) {
    return failure instanceof ServingException error
        ? error
        : ServingException.cancelled("taken back");
  }

  private static ExpertServiceForwardResponse encode(BatchResult result, DataType type) {
    return ExpertServiceForwardResponse.newBuilder()
        .setOutputs(TensorCodec.encode(result.outputs(), type))
        .setQueueNanos(result.queueNanos())
        .setComputeNanos(result.computeNanos())
        .build();
  }

  @Override
  public void describeNode(
      DescribeNodeRequest request, StreamObserver<DescribeNodeResponse> observer) {
    try {
      requireStaying();
      observer.onNext(describe(requireServed(), request.getKnownGeneration()));
      observer.onCompleted();
    } catch (ServingException e) {
      observer.onError(GrpcErrors.toStatus(e));
    }
  }

  @Override
  public void loadExperts(
      LoadExpertsRequest request, StreamObserver<LoadExpertsResponse> observer) {
    change(
        observer,
        now -> {
          Optional<PackSource> pack = ChangeCall.pack(request, now);
          Range ids = pack.map(from -> Range.of(from, now)).orElseGet(() -> Range.ownOf(now));
          List<ExpertId> experts =
              ChangeCall.decode(request.getModelFingerprint(), request.getExpertsList(), ids, now);
          return changes().load(experts, pack);
        },
        now ->
            LoadExpertsResponse.newBuilder()
                .setGeneration(now.generation())
                .setHeld(now.fingerprints().size())
                .build());
  }

  @Override
  public void unloadExperts(
      UnloadExpertsRequest request, StreamObserver<UnloadExpertsResponse> observer) {
    change(
        observer,
        now ->
            changes()
                .unload(
                    ChangeCall.decode(
                        request.getModelFingerprint(),
                        request.getExpertsList(),
                        Range.anyOf(now),
                        now)),
        now ->
            UnloadExpertsResponse.newBuilder()
                .setGeneration(now.generation())
                .setHeld(now.fingerprints().size())
                .build());
  }

  private <T> void change(
      StreamObserver<T> observer,
      UnaryOperator<ServedExperts> change,
      Function<ServedExperts, T> response) {
    try {
      requireStaying();
      observer.onNext(response.apply(change.apply(requireServed())));
      observer.onCompleted();
    } catch (RuntimeException e) {
      observer.onError(GrpcErrors.toStatus(e));
    }
  }

  private ExpertChanges changes() {
    return Objects.requireNonNull(changes, "changes");
  }

  private DescribeNodeResponse describe(ServedExperts experts, String knownGeneration) {
    var response =
        DescribeNodeResponse.newBuilder()
            .setNodeName(experts.nodeName())
            .setGeneration(experts.generation())
            .setModelFingerprint(experts.modelFingerprint())
            .setDtype(experts.type().label())
            .setDevice(experts.device())
            .setNumericsId(experts.numericsId())
            .setBatchInvariant(experts.batchInvariant())
            .setHiddenSize(experts.model().hiddenSize())
            .setVersion(version);
    ResidentMemory.bytes().ifPresent(response::setResidentBytes);
    if (!knownGeneration.equals(experts.generation())) {
      experts.fingerprints().forEach((id, hash) -> response.addExperts(loaded(id, hash)));
    }
    return response.build();
  }

  private static LoadedExpert loaded(ExpertId id, String fingerprint) {
    return LoadedExpert.newBuilder()
        .setLayer(id.layer())
        .setExpert(id.expert())
        .setFingerprint(fingerprint)
        .build();
  }
}
