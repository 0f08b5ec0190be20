package io.ennead.router.api;

import static io.ennead.router.api.ApiFixture.assertFails;
import static io.ennead.v1.ErrorReason.ERROR_REASON_EXPERT_UNREACHABLE;
import static io.ennead.v1.ErrorReason.ERROR_REASON_INVALID_FIELD;
import static io.ennead.v1.ErrorReason.ERROR_REASON_LAYER_UNKNOWN;
import static io.ennead.v1.ErrorReason.ERROR_REASON_MODEL_NOT_FOUND;
import static io.ennead.v1.ErrorReason.ERROR_REASON_QUEUE_FULL;
import static io.ennead.v1.ErrorReason.ERROR_REASON_TENSOR_DTYPE_MISMATCH;
import static io.ennead.v1.ErrorReason.ERROR_REASON_TENSOR_MALFORMED;
import static io.ennead.v1.ErrorReason.ERROR_REASON_TENSOR_NOT_FINITE;
import static io.ennead.v1.ErrorReason.ERROR_REASON_TENSOR_SHAPE_MISMATCH;
import static io.ennead.v1.ErrorReason.ERROR_REASON_TOO_MANY_TOKENS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import io.ennead.errors.ServingException;
import io.ennead.node.GrpcErrors;
import io.ennead.router.generate.FailureRules;
import io.ennead.router.generate.RequestPolicy;
import io.ennead.router.generate.ServedModel;
import io.ennead.router.moe.CallScope;
import io.ennead.router.moe.CombinedRows;
import io.ennead.router.moe.ExpertLayer;
import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.router.moe.FailurePolicy;
import io.ennead.v1.DataType;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.ExpertFailureMode;
import io.ennead.v1.MoeServiceForwardRequest;
import io.ennead.v1.MoeServiceForwardResponse;
import io.ennead.v1.MoeServiceGrpc;
import io.ennead.v1.MoeServiceGrpc.MoeServiceBlockingStub;
import io.ennead.v1.MoeServiceGrpc.MoeServiceFutureStub;
import io.ennead.v1.RoutingOptions;
import io.ennead.v1.Tensor;
import io.ennead.v1.TraceOptions;
import io.ennead.wire.TensorCodec;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(30)
class MoeGrpcServiceTest {
  private static final MoeLimits LIMITS = new MoeLimits(5, 10, 2, 2);

  private volatile ExpertLayer experts =
      (layer, phase, hidden, routing, scope, observer) -> doubled(hidden, layer, phase);
  private final AtomicInteger degraded = new AtomicInteger();
  private LayerCalls calls;
  private ApiFixture fixture;
  private MoeServiceBlockingStub stub;
  private MoeServiceFutureStub futures;

  @BeforeEach
  void open() throws IOException {
    ExpertLayer current =
        (layer, phase, hidden, routing, scope, observer) ->
            experts.forward(layer, phase, hidden, routing, scope, observer);
    ServedModel model =
        ApiFixture.model(
            new FakeGenerator(),
            job -> {
              throw ServingException.draining();
            },
            current);
    ModelCatalog catalog =
        new ModelCatalog(List.of(ApiFixture.with(model, dropping(model.policy()), model.codec())));
    calls = LayerCalls.open(catalog, LIMITS, () -> 7, degraded::addAndGet);
    fixture = new ApiFixture(new MoeGrpcService(calls));
    stub = MoeServiceGrpc.newBlockingStub(fixture.channel());
    futures = MoeServiceGrpc.newFutureStub(fixture.channel());
  }

  /** Calls may go without experts when they say so. */
  private static RequestPolicy dropping(RequestPolicy policy) {
    return new RequestPolicy(
        policy.routing(),
        new FailureRules(FailurePolicy.Mode.FAIL, Duration.ZERO, Duration.ZERO, 1),
        policy.bounds());
  }

  @AfterEach
  void close() throws InterruptedException {
    fixture.close();
    calls.close();
  }

  @Test
  void returnsTheLayersOutputAndRouting() {
    MoeServiceForwardResponse response =
        stub.forward(
            request(tensor(DataType.DATA_TYPE_F32, 1, 2, 3, 4, 9, 0, 0, 0))
                .setLayer(1)
                .setPhase(io.ennead.v1.Phase.PHASE_DECODE)
                .setRouting(RoutingOptions.newBuilder().setTemperature(0))
                .build());

    assertThat(response.getOutput().getShapeList()).containsExactly(2L, 4L);
    assertThat(response.getOutput().getDataType()).isEqualTo(DataType.DATA_TYPE_F32);
    assertThat(TensorCodec.floats(response.getOutput(), "output"))
        .containsExactly(102, 104, 106, 108, 118, 100, 100, 100);
    assertThat(response.getRouting().getExpertsPerToken()).isEqualTo(2);
    assertThat(response.getRouting().getExpertIdsList()).containsExactly(3, 2, 0, 1);
    assertThat(response.getRouting().getWeightsList()).containsExactly(1f, 0f, 1f, 0f);
  }

  @Test
  void takesHalfPrecisionAndPrefillByDefault() {
    for (DataType type : List.of(DataType.DATA_TYPE_F16, DataType.DATA_TYPE_BF16)) {
      MoeServiceForwardResponse response = stub.forward(request(tensor(type, 1, 2, 3, 4)).build());
      assertThat(response.getOutput().getDataType()).isEqualTo(DataType.DATA_TYPE_F32);
      assertThat(TensorCodec.floats(response.getOutput(), "output")).containsExactly(2, 4, 6, 8);
    }
  }

  @Test
  void rowsWithoutAllTheirExpertsAreToldAndCounted() {
    experts =
        (layer, phase, hidden, routing, scope, observer) ->
            new CombinedRows(
                hidden.clone(),
                Map.of(1, ServingException.expertUnreachable(0, "3", "node", "gone", null)),
                Map.of(1, Set.of(3)));
    Tensor rows = tensor(DataType.DATA_TYPE_F32, 1, 2, 3, 4, 1, 2, 3, 4);
    MoeServiceForwardRequest.Builder request = request(rows);
    assertFails(
        () -> stub.forward(request.build()),
        ErrorReason.ERROR_REASON_EXPERT_UNREACHABLE,
        "",
        "experts 3");
    assertThat(degraded).hasValue(0);
    request
        .getRoutingBuilder()
        .getExpertFailureBuilder()
        .setMode(ExpertFailureMode.EXPERT_FAILURE_MODE_DROP);
    assertThat(stub.forward(request.build()).getDegraded().getTokens()).isEqualTo(1);
    assertThat(degraded).hasValue(1);
  }

  @Test
  void anErrorEndsItsCallToo() {
    experts =
        (layer, phase, hidden, routing, scope, observer) -> {
          throw new OutOfMemoryError("of the test");
        };
    assertFails(
        () -> stub.forward(request(tensor(DataType.DATA_TYPE_F32, 1, 2, 3, 4)).build()),
        ErrorReason.ERROR_REASON_ENGINE_FAILURE,
        "",
        "internal error");
  }

  @Test
  void closingInterruptsWhatRunsRefusesWhatWaitsAndReturnsAfterBoth() throws Exception {
    CountDownLatch running = new CountDownLatch(LIMITS.threads());
    AtomicInteger interrupted = new AtomicInteger();
    experts =
        (layer, phase, hidden, routing, scope, observer) -> {
          running.countDown();
          try {
            TimeUnit.SECONDS.sleep(20);
          } catch (InterruptedException e) {
            interrupted.incrementAndGet();
          }
          return doubled(hidden, layer, phase);
        };
    MoeServiceForwardRequest one = request(tensor(DataType.DATA_TYPE_F32, 1, 2, 3, 4)).build();
    var unused = Stream.generate(() -> futures.forward(one)).limit(LIMITS.threads()).toList();
    assertThat(running.await(10, TimeUnit.SECONDS)).isTrue();
    // One more than may wait: once one is refused, the others are in the queue.
    List<ListenableFuture<MoeServiceForwardResponse>> more =
        Stream.generate(() -> futures.forward(one)).limit(LIMITS.queue() + 1).toList();
    Awaitility.await().until(() -> more.stream().anyMatch(ListenableFuture::isDone));

    calls.close();

    assertThat(interrupted).hasValue(LIMITS.threads());
    assertThat(more.stream().map(MoeGrpcServiceTest::reason))
        .containsExactlyInAnyOrder(
            ERROR_REASON_QUEUE_FULL,
            ErrorReason.ERROR_REASON_NODE_DRAINING,
            ErrorReason.ERROR_REASON_NODE_DRAINING);
  }

  private static ErrorReason reason(ListenableFuture<?> call) {
    Throwable failure = catchThrowable(() -> call.get(10, TimeUnit.SECONDS));
    return GrpcErrors.fromThrowable(failure.getCause()).reason();
  }

  static Stream<Arguments> badRequests() {
    Tensor good = tensor(DataType.DATA_TYPE_F32, 1, 2, 3, 4);
    return Stream.of(
        Arguments.of(
            request(good).setModel("other"), ERROR_REASON_MODEL_NOT_FOUND, "model", "other"),
        Arguments.of(
            request(good).setLayer(2),
            ERROR_REASON_LAYER_UNKNOWN,
            "layer",
            "2 (expected: one of [0, 1])"),
        Arguments.of(
            request(good).setPhaseValue(9), ERROR_REASON_INVALID_FIELD, "phase", "9 (expected"),
        Arguments.of(
            request(good).setRouting(RoutingOptions.newBuilder().setTemperature(Double.NaN)),
            ERROR_REASON_INVALID_FIELD,
            "routing.temperature",
            "NaN"),
        Arguments.of(
            request(good).setTrace(TraceOptions.newBuilder().addLayers(0)),
            ERROR_REASON_INVALID_FIELD,
            "trace.layers",
            "[0] (expected: none"),
        Arguments.of(
            request(good).setTrace(TraceOptions.newBuilder().setOmitPrompt(true)),
            ERROR_REASON_INVALID_FIELD,
            "trace.omit_prompt",
            "true (expected: false"),
        Arguments.of(
            MoeServiceForwardRequest.newBuilder(),
            ERROR_REASON_TENSOR_SHAPE_MISMATCH,
            "hidden.shape",
            "[rows, 4]"),
        Arguments.of(
            request(TensorCodec.encode(new float[6], DataType.DATA_TYPE_F32, 2, 3)),
            ERROR_REASON_TENSOR_SHAPE_MISMATCH,
            "hidden.shape",
            "[2, 3]"),
        Arguments.of(
            request(TensorCodec.encode(new float[0], DataType.DATA_TYPE_F32, 0, 4)),
            ERROR_REASON_TENSOR_SHAPE_MISMATCH,
            "hidden.shape",
            "[0, 4]"),
        Arguments.of(
            request(good.toBuilder().setData(ByteString.copyFrom(new byte[15])).build()),
            ERROR_REASON_TENSOR_MALFORMED,
            "hidden.data",
            "15 bytes"),
        Arguments.of(
            request(good.toBuilder().setDataType(DataType.DATA_TYPE_I32).build()),
            ERROR_REASON_TENSOR_DTYPE_MISMATCH,
            "hidden.data_type",
            "I32"),
        Arguments.of(
            request(tensor(DataType.DATA_TYPE_F32, 1, Float.NaN, 0, 0)),
            ERROR_REASON_TENSOR_NOT_FINITE,
            "hidden",
            "NaN at element 1"),
        Arguments.of(
            request(TensorCodec.encode(new float[24], DataType.DATA_TYPE_F32, 6, 4)),
            ERROR_REASON_TOO_MANY_TOKENS,
            "hidden.shape",
            "6 tokens (expected: at most 5)"));
  }

  @ParameterizedTest
  @MethodSource("badRequests")
  void isRefusedByFieldAndTheNextCallSucceeds(
      MoeServiceForwardRequest.Builder request, ErrorReason reason, String field, String message) {
    assertFails(() -> stub.forward(request.build()), reason, field, message);
    assertThat(stub.forward(small()).getOutput().getShapeList()).containsExactly(1L, 4L);
  }

  @Test
  void rowsThatFailedFailTheCallWithTheReasonOfTheFirst() {
    experts =
        (layer, phase, hidden, routing, scope, observer) ->
            new CombinedRows(hidden.clone(), Map.of(2, unreachable("e2"), 1, unreachable("e1")));
    assertFails(
        () -> stub.forward(small()), ERROR_REASON_EXPERT_UNREACHABLE, "", "experts e1 of layer");
  }

  @Test
  void aFullQueueRefusesAtOnceAndTheOthersFinish() throws Exception {
    CountDownLatch started = new CountDownLatch(LIMITS.threads());
    CountDownLatch go = new CountDownLatch(1);
    experts =
        (layer, phase, hidden, routing, scope, observer) -> {
          started.countDown();
          await(go);
          return doubled(hidden, layer, phase);
        };
    List<ListenableFuture<MoeServiceForwardResponse>> accepted = new ArrayList<>();
    for (int i = 0; i < LIMITS.threads(); i++) {
      accepted.add(futures.forward(small()));
    }
    assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
    List<ListenableFuture<MoeServiceForwardResponse>> queued = new ArrayList<>();
    for (int i = 0; i < LIMITS.queue() + 1; i++) {
      queued.add(futures.forward(small()));
    }
    Awaitility.await().until(() -> queued.stream().anyMatch(ListenableFuture::isDone));
    var isDone = queued.stream().collect(Collectors.partitioningBy(ListenableFuture::isDone));
    ListenableFuture<MoeServiceForwardResponse> refused = isDone.get(true).get(0);
    ServingException error =
        assertFails(
            () -> result(refused), ERROR_REASON_QUEUE_FULL, "", "queue of MoeService is full");
    assertThat(error.retryAfter()).isPresent();

    go.countDown();
    accepted.addAll(isDone.get(false));
    for (ListenableFuture<MoeServiceForwardResponse> call : accepted) {
      assertThat(call.get(10, TimeUnit.SECONDS).getOutput().getShapeCount()).isEqualTo(2);
    }
  }

  @Test
  void tokensInFlightAreBoundedAndGivenBack() throws Exception {
    MoeServiceForwardRequest five =
        request(TensorCodec.encode(new float[20], DataType.DATA_TYPE_F32, 5, 4)).build();
    for (int round = 0; round < 3; round++) {
      CountDownLatch started = new CountDownLatch(2);
      CountDownLatch go = new CountDownLatch(1);
      experts =
          (layer, phase, hidden, routing, scope, observer) -> {
            started.countDown();
            await(go);
            return doubled(hidden, layer, phase);
          };
      var first = futures.forward(five);
      var second = futures.forward(five);
      assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
      assertFails(
          () -> stub.forward(small()),
          ERROR_REASON_QUEUE_FULL,
          "",
          "tokens in flight is full (limit: 10)");
      go.countDown();
      assertThat(first.get(10, TimeUnit.SECONDS).hasOutput()).isTrue();
      assertThat(second.get(10, TimeUnit.SECONDS).hasOutput()).isTrue();
    }
  }

  @Test
  void aClientThatLeavesCancelsItsScope() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch cancelled = new CountDownLatch(1);
    experts =
        (layer, phase, hidden, routing, scope, observer) -> {
          scope.onCancel(cancelled::countDown);
          started.countDown();
          await(cancelled);
          throw ServingException.cancelled("the caller left");
        };
    ListenableFuture<MoeServiceForwardResponse> call = futures.forward(small());
    assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
    call.cancel(true);
    assertThat(cancelled.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void theDeadlineIsTheScopes() {
    List<Long> remaining = new ArrayList<>();
    experts =
        (layer, phase, hidden, routing, scope, observer) -> {
          remaining.add(scope.remainingNanos());
          return doubled(hidden, layer, phase);
        };
    assertThat(stub.withDeadlineAfter(20, TimeUnit.SECONDS).forward(small()).hasOutput()).isTrue();
    assertThat(stub.forward(small()).hasOutput()).isTrue();
    assertThat(remaining.get(0)).isBetween(1L, TimeUnit.SECONDS.toNanos(20));
    assertThat(remaining.get(1)).isEqualTo(CallScope.unbounded().remainingNanos());
  }

  private static MoeServiceForwardResponse result(ListenableFuture<MoeServiceForwardResponse> call)
      throws Throwable {
    try {
      return call.get(10, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static ServingException unreachable(String expert) {
    return ServingException.expertUnreachable(0, expert, "node-1", "gone", null);
  }

  /** 2 x, plus 100 where layer and phase say so: the test sees what arrived. */
  private static CombinedRows doubled(float[] hidden, int layer, Phase phase) {
    float[] out = new float[hidden.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = 2 * hidden[i] + (layer == 1 && phase == Phase.DECODE ? 100 : 0);
    }
    return new CombinedRows(out, Map.of());
  }

  private static MoeServiceForwardRequest small() {
    return request(tensor(DataType.DATA_TYPE_F32, 1, 2, 3, 4)).build();
  }

  private static MoeServiceForwardRequest.Builder request(Tensor hidden) {
    return MoeServiceForwardRequest.newBuilder().setHidden(hidden);
  }

  private static Tensor tensor(DataType type, float... values) {
    return TensorCodec.encode(values, type, values.length / 4, 4);
  }
}
