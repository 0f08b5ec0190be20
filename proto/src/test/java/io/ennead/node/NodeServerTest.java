package io.ennead.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.ennead.errors.ServingException;
import io.ennead.node.NodeServer.Options;
import io.ennead.v1.DescribeNodeRequest;
import io.ennead.v1.DescribeNodeResponse;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.ExpertServiceForwardRequest;
import io.ennead.v1.ExpertServiceForwardResponse;
import io.ennead.v1.ExpertServiceGrpc;
import io.ennead.v1.Tensor;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class NodeServerTest {
  private static final int LIMIT = 1 << 20;
  private static final ExpertServiceForwardRequest EMPTY =
      ExpertServiceForwardRequest.getDefaultInstance();

  private final Readiness readiness = new Readiness();
  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Scripted service = new Scripted();
  private final NodeServer server =
      NodeServer.start(options("127.0.0.1", 0, false), readiness, registry, List.of(service));
  private final ManagedChannel channel =
      NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
  private final ExpertServiceGrpc.ExpertServiceBlockingStub stub =
      ExpertServiceGrpc.newBlockingStub(channel);

  /** A service whose Forward does what the test says. */
  private static final class Scripted extends ExpertServiceGrpc.ExpertServiceImplBase {
    private volatile Consumer<StreamObserver<ExpertServiceForwardResponse>> forward =
        Scripted::answer;

    static void answer(StreamObserver<ExpertServiceForwardResponse> out) {
      out.onNext(ExpertServiceForwardResponse.getDefaultInstance());
      out.onCompleted();
    }

    @Override
    public void forward(
        ExpertServiceForwardRequest request, StreamObserver<ExpertServiceForwardResponse> out) {
      forward.accept(out);
    }

    @Override
    public void describeNode(
        DescribeNodeRequest request, StreamObserver<DescribeNodeResponse> out) {
      out.onNext(DescribeNodeResponse.getDefaultInstance());
      out.onCompleted();
    }
  }

  private static Options options(String host, int port, boolean insecure) {
    return new Options(host, port, LIMIT, insecure, Duration.ofSeconds(5));
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.close();
  }

  @Test
  void onlyInlineMethodsRunOnTheTransportsThread() {
    assertThat(threadOfForward(Set.of())).startsWith("grpc-handler");
    assertThat(threadOfForward(Set.of("ennead.v1.ExpertService/Forward")))
        .startsWith("grpc-server");
    assertThat(threadOfForward(Set.of("ennead.v1.ExpertService/DescribeNode")))
        .startsWith("grpc-handler");
  }

  private static String threadOfForward(Set<String> inline) {
    AtomicReference<String> thread = new AtomicReference<>();
    Scripted service = new Scripted();
    service.forward =
        out -> {
          thread.set(Thread.currentThread().getName());
          Scripted.answer(out);
        };
    try (NodeServer server =
        NodeServer.start(
            options("127.0.0.1", 0, false),
            NodeSecurity.none(),
            new Readiness(),
            new CallMetrics(new PrometheusRegistry()),
            List.of(service),
            inline)) {
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
      ExpertServiceForwardResponse unused =
          ExpertServiceGrpc.newBlockingStub(channel).forward(EMPTY);
      channel.shutdownNow();
    }
    return thread.get();
  }

  @Test
  void thrownAndPassedErrorsArriveAlike() {
    ServingException error = ServingException.expertNotLoaded(1, 2, "g7");
    service.forward =
        out -> {
          throw error;
        };
    ServingException thrown = forwardError();
    service.forward = out -> out.onError(error);
    ServingException passed = forwardError();
    for (ServingException arrived : List.of(thrown, passed)) {
      assertThat(arrived.reason()).isEqualTo(ErrorReason.ERROR_REASON_EXPERT_NOT_LOADED);
      assertThat(arrived.metadata()).isEqualTo(error.metadata());
    }
  }

  @Test
  void errorsAboutLongValuesFitIntoTheTrailers() {
    for (String letter : List.of("x", "\u20ac")) {
      service.forward =
          out -> {
            throw ServingException.modelNotFound(letter.repeat(20_000), "demo");
          };
      StatusRuntimeException failure =
          catchThrowableOfType(StatusRuntimeException.class, () -> stub.forward(EMPTY));
      assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
      ServingException arrived = GrpcErrors.fromThrowable(failure);
      assertThat(arrived.reason()).isEqualTo(ErrorReason.ERROR_REASON_MODEL_NOT_FOUND);
      assertThat(arrived.metadata())
          .containsEntry("value", letter.repeat(200) + "... (20000 characters)");
    }
  }

  @Test
  void unknownFailuresArriveAsInternalWithoutDetail() {
    service.forward =
        out -> {
          throw new IllegalStateException("secret");
        };
    StatusRuntimeException failure =
        catchThrowableOfType(StatusRuntimeException.class, () -> stub.forward(EMPTY));
    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
    assertThat(failure).hasMessageNotContaining("secret");
    assertThat(GrpcErrors.fromThrowable(failure).reason())
        .isEqualTo(ErrorReason.ERROR_REASON_ENGINE_FAILURE);
  }

  @Test
  void anErrorAfterTheAnswerChangesNothing() {
    service.forward =
        out -> {
          Scripted.answer(out);
          throw new IllegalStateException("too late");
        };
    assertThat(stub.forward(EMPTY)).isNotNull();
  }

  @Test
  void aMessageOverTheLimitIsRefusedAndTheChannelGoesOn() {
    ExpertServiceForwardRequest large =
        EMPTY.toBuilder()
            .setRows(Tensor.newBuilder().setData(ByteString.copyFrom(new byte[LIMIT + 1])))
            .build();
    for (int i = 0; i < 3; i++) {
      StatusRuntimeException failure =
          catchThrowableOfType(StatusRuntimeException.class, () -> stub.forward(large));
      assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      ServingException read = GrpcErrors.fromThrowable(failure);
      assertThat(read.reason()).isEqualTo(ErrorReason.ERROR_REASON_INVALID_FIELD);
      assertThat(read).hasMessageContaining("exceeds maximum size");
      assertThat(read.metadata()).containsEntry("field", "message");
      assertThat(stub.forward(EMPTY)).isNotNull();
    }
  }

  @Test
  void bytesThatAreNoMessageAreRefusedByTheirReasonAndCounted() {
    for (byte[] bytes : List.of(new byte[] {-1, 1, 2}, new byte[] {10, 100, 1})) {
      StatusRuntimeException failure =
          catchThrowableOfType(StatusRuntimeException.class, () -> sendBytes(bytes));
      assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(GrpcErrors.fromThrowable(failure).metadata()).containsEntry("field", "message");
    }
    await()
        .untilAsserted(
            () -> assertThat(metric("grpc_server_handled", "INVALID_ARGUMENT")).isEqualTo(2));
    assertThat(stub.forward(EMPTY)).isNotNull();
  }

  private void sendBytes(byte[] bytes) {
    MethodDescriptor<byte[], byte[]> method =
        ExpertServiceGrpc.getForwardMethod().toBuilder(new ByteMarshaller(), new ByteMarshaller())
            .build();
    byte[] unused = ClientCalls.blockingUnaryCall(channel, method, CallOptions.DEFAULT, bytes);
  }

  /** Messages that are whatever bytes they are. */
  private static final class ByteMarshaller implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] bytes) {
      return new ByteArrayInputStream(bytes);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** They would be a thousand times as long as what the peer sent. */
  @Test
  void compressedMessagesAreRefusedAndTheChannelGoesOn() {
    StatusRuntimeException failure =
        catchThrowableOfType(
            StatusRuntimeException.class, () -> stub.withCompression("gzip").forward(EMPTY));
    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
    assertThat(stub.forward(EMPTY)).isNotNull();
  }

  @Test
  void healthFollowsReadiness() {
    assertThat(health("")).isEqualTo(ServingStatus.SERVING);
    readiness.waitFor("experts", "3");
    assertThat(health("")).isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(health(ExpertServiceGrpc.SERVICE_NAME)).isEqualTo(ServingStatus.NOT_SERVING);
    readiness.done("experts");
    assertThat(health(ExpertServiceGrpc.SERVICE_NAME)).isEqualTo(ServingStatus.SERVING);
    readiness.drain();
    assertThat(health("")).isEqualTo(ServingStatus.NOT_SERVING);
  }

  @Test
  void healthOfAnUnknownServiceKeepsItsOwnStatus() {
    assertThatThrownBy(() -> health("none")).hasMessageStartingWith("NOT_FOUND");
  }

  @Test
  void bothReflectionsListTheServices() throws InterruptedException {
    BlockingQueue<List<String>> answers = new LinkedBlockingQueue<>();
    var requests =
        ServerReflectionGrpc.newStub(channel)
            .serverReflectionInfo(
                new StreamObserver<ServerReflectionResponse>() {
                  @Override
                  public void onNext(ServerReflectionResponse response) {
                    answers.add(
                        response.getListServicesResponse().getServiceList().stream()
                            .map(ServiceResponse::getName)
                            .toList());
                  }

                  @Override
                  public void onError(Throwable failure) {
                    answers.add(List.of(failure.toString()));
                  }

                  @Override
                  public void onCompleted() {}
                });
    requests.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
    assertThat(answers.poll(10, TimeUnit.SECONDS))
        .contains(
            "ennead.v1.ExpertService",
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection");
    requests.onCompleted();
  }

  @Test
  void callsAreCountedByTheCodeThatTheClientSees() {
    stub.forward(EMPTY);
    service.forward =
        out -> {
          throw ServingException.loading("weights");
        };
    forwardError();
    await()
        .untilAsserted(
            () -> {
              assertThat(metric("grpc_server_handled", "OK")).isEqualTo(1);
              assertThat(metric("grpc_server_handled", "UNAVAILABLE")).isEqualTo(1);
              assertThat(metric("grpc_server_started", null)).isEqualTo(2);
            });
  }

  @Test
  void cancelledCallsAreCounted() {
    CountDownLatch arrived = new CountDownLatch(1);
    service.forward = out -> arrived.countDown();
    var call = ExpertServiceGrpc.newFutureStub(channel).forward(EMPTY);
    await().until(() -> arrived.getCount() == 0);
    call.cancel(true);
    await()
        .untilAsserted(() -> assertThat(metric("grpc_server_handled", "CANCELLED")).isEqualTo(1));
  }

  @Test
  void closeLetsCallsInProgressEnd() throws Exception {
    CompletableFuture<StreamObserver<ExpertServiceForwardResponse>> open =
        new CompletableFuture<>();
    service.forward = open::complete;
    var call = ExpertServiceGrpc.newFutureStub(channel).forward(EMPTY);
    StreamObserver<ExpertServiceForwardResponse> out = open.get(10, TimeUnit.SECONDS);
    CompletableFuture<Void> closed = CompletableFuture.runAsync(server::close);
    await().until(readiness::draining);
    Scripted.answer(out);
    assertThat(call.get(10, TimeUnit.SECONDS)).isNotNull();
    closed.get(10, TimeUnit.SECONDS);
    assertThatThrownBy(() -> stub.forward(EMPTY)).hasMessageStartingWith("UNAVAILABLE");
  }

  @Test
  void aTakenPortIsNamed() {
    assertThatThrownBy(() -> start(options("127.0.0.1", server.port(), false)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("cannot listen on 127.0.0.1:%d".formatted(server.port()))
        .hasMessageContaining("in use");
  }

  @Test
  void otherAddressesThanLoopbackNeedTheFlag() {
    assertThatThrownBy(() -> start(options("0.0.0.0", 0, false)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("host: 0.0.0.0")
        .hasMessageContaining("--allow-insecure");
    NodeServer open = start(options("0.0.0.0", 0, true));
    assertThat(open.port()).isPositive();
    open.close();
  }

  private static NodeServer start(Options options) {
    return NodeServer.start(options, new Readiness(), new PrometheusRegistry(), List.of());
  }

  private ServingException forwardError() {
    return GrpcErrors.fromThrowable(
        catchThrowableOfType(StatusRuntimeException.class, () -> stub.forward(EMPTY)));
  }

  private ServingStatus health(String service) {
    return HealthGrpc.newBlockingStub(channel)
        .check(HealthCheckRequest.newBuilder().setService(service).build())
        .getStatus();
  }

  private double metric(String name, String code) {
    return registry.scrape().stream()
        .filter(snapshot -> snapshot.getMetadata().getName().equals(name))
        .flatMap(snapshot -> snapshot.getDataPoints().stream())
        .filter(point -> code == null || code.equals(point.getLabels().get("grpc_code")))
        .mapToDouble(point -> ((CounterDataPointSnapshot) point).getValue())
        .sum();
  }
}
