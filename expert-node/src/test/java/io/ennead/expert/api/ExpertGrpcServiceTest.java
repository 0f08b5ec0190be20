package io.ennead.expert.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.batch.BatchLimits;
import io.ennead.expert.batch.ExpertBatcher;
import io.ennead.expert.engine.ExpertEngine.Tile;
import io.ennead.expert.engine.FormulaEngine;
import io.ennead.expert.pack.PackSource;
import io.ennead.node.GrpcErrors;
import io.ennead.node.Readiness;
import io.ennead.v1.DataType;
import io.ennead.v1.DescribeNodeRequest;
import io.ennead.v1.DescribeNodeResponse;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.ExpertSelector;
import io.ennead.v1.ExpertServiceForwardRequest;
import io.ennead.v1.ExpertServiceForwardResponse;
import io.ennead.v1.ExpertServiceGrpc;
import io.ennead.v1.ExpertSlice;
import io.ennead.v1.LoadExpertsRequest;
import io.ennead.v1.LoadedExpert;
import io.ennead.v1.Phase;
import io.ennead.v1.Tensor;
import io.ennead.v1.UnloadExpertsRequest;
import io.ennead.wire.ComputeType;
import io.ennead.wire.TensorCodec;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Through a real stub. The node holds experts 0 and 2 of 4, of 2 layers of width 3. */
@Timeout(30)
class ExpertGrpcServiceTest {
  private static final int HIDDEN = 3;
  private static final int MAX_MESSAGE_BYTES = 1024 + 12 * 10; // replies of ten F32 rows
  private static final String FINGERPRINT = "ab".repeat(32);
  private static final String GENERATION = "node:1";

  private final FormulaEngine engine = new FormulaEngine(HIDDEN);
  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Readiness readiness = new Readiness();
  private final ExpertBatcher batcher =
      ExpertBatcher.start(engine, new BatchLimits(100, 8, 1 << 20, 0), registry);
  private final ExpertGrpcService service =
      new ExpertGrpcService("1.2.3", readiness, MAX_MESSAGE_BYTES);
  private final RecordedChanges changes = new RecordedChanges();
  private Server server;
  private ManagedChannel channel;
  private ExpertServiceGrpc.ExpertServiceBlockingStub stub;

  @BeforeEach
  void startServer() throws IOException {
    String name = InProcessServerBuilder.generateName();
    server =
        InProcessServerBuilder.forName(name).directExecutor().addService(service).build().start();
    channel = InProcessChannelBuilder.forName(name).directExecutor().build();
    stub = ExpertServiceGrpc.newBlockingStub(channel);
  }

  @AfterEach
  void stopServer() {
    engine.release();
    channel.shutdownNow();
    server.shutdownNow();
    batcher.close();
  }

  @Test
  void outputsComeSliceAfterSlice() {
    serve(ComputeType.F32);
    ExpertServiceForwardResponse reply = stub.forward(request().build());
    assertThat(reply.getOutputs().getShapeList()).containsExactly(3L, 3L);
    assertThat(reply.getOutputs().getDataType()).isEqualTo(DataType.DATA_TYPE_F32);
    float[] expected = new float[9];
    for (int i = 0; i < HIDDEN; i++) {
      expected[i] = FormulaEngine.output(4 + i, 1, Tile.DECODE, 2); // row 1
      expected[3 + i] = FormulaEngine.output(1 + i, 1, Tile.DECODE, 2); // row 0
      expected[6 + i] = FormulaEngine.output(4 + i, 1, Tile.DECODE, 0); // row 1
    }
    assertThat(TensorCodec.floats(reply.getOutputs(), "outputs")).containsExactly(expected);
    assertThat(reply.getComputeNanos()).isPositive();
  }

  @Test
  void phaseChoosesTheTile() {
    serve(ComputeType.F32);
    for (Phase phase : List.of(Phase.PHASE_DECODE, Phase.PHASE_PREFILL, Phase.PHASE_UNSPECIFIED)) {
      stub.forward(request().setPhase(phase).build());
    }
    assertThat(engine.runs())
        .extracting(FormulaEngine.Run::tile)
        .containsExactly(Tile.DECODE, Tile.PREFILL, Tile.PREFILL);
  }

  @Test
  void replyHasTheTypeOfTheRequestOnABf16Node() {
    serve(ComputeType.BF16);
    for (DataType type : List.of(DataType.DATA_TYPE_BF16, DataType.DATA_TYPE_F32)) {
      var reply = stub.forward(request().setRows(rows(type)).build());
      assertThat(reply.getOutputs().getDataType()).isEqualTo(type);
      assertThat(TensorCodec.floats(reply.getOutputs(), "outputs"))
          .startsWith(FormulaEngine.output(4, 1, Tile.DECODE, 2));
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badRequests")
  void requestIsRefused(
      String message,
      ErrorReason reason,
      UnaryOperator<ExpertServiceForwardRequest.Builder> change) {
    serve(ComputeType.F32);
    ServingException error = forwardFails(change.apply(request()).build());
    assertThat(error.reason()).isEqualTo(reason);
    assertThat(error).hasMessage(message);
    assertThat(engine.runs()).isEmpty();
    assertThat(stub.forward(request().build()).getOutputs().getShapeCount()).isEqualTo(2);
  }

  static Stream<Arguments> badRequests() {
    return Stream.of(
        bad(
            "model_fingerprint: 00 (expected: " + FINGERPRINT + ")",
            ErrorReason.ERROR_REASON_MODEL_MISMATCH,
            r -> r.setModelFingerprint("00")),
        bad(
            "layer: 2 (expected: a layer with experts, of 0 to 1)",
            ErrorReason.ERROR_REASON_LAYER_UNKNOWN,
            r -> r.setLayer(2)),
        bad(
            "layer: 4294967295 (expected: a layer with experts, of 0 to 1)",
            ErrorReason.ERROR_REASON_LAYER_UNKNOWN,
            r -> r.setLayer(-1)),
        bad(
            "phase: 9 (expected: PHASE_DECODE or PHASE_PREFILL)",
            ErrorReason.ERROR_REASON_INVALID_FIELD,
            r -> r.setPhaseValue(9)),
        bad(
            "rows.data_type: BF16 (expected: F32)",
            ErrorReason.ERROR_REASON_TENSOR_DTYPE_MISMATCH,
            r -> r.setRows(rows(DataType.DATA_TYPE_BF16))),
        bad(
            "rows.data_type: UNSPECIFIED (expected: F32)",
            ErrorReason.ERROR_REASON_TENSOR_DTYPE_MISMATCH,
            ExpertServiceForwardRequest.Builder::clearRows),
        bad(
            "rows.shape: [1, 4] (expected: [rows, 3])",
            ErrorReason.ERROR_REASON_TENSOR_SHAPE_MISMATCH,
            r -> r.setRows(TensorCodec.encode(new float[4], DataType.DATA_TYPE_F32, 1, 4))),
        bad(
            "rows.data: 24 bytes (expected: 36 bytes: [3, 3] of F32)",
            ErrorReason.ERROR_REASON_TENSOR_MALFORMED,
            r -> r.setRows(r.getRows().toBuilder().setShape(0, 3))),
        bad(
            "slices: none (expected: at least one)",
            ErrorReason.ERROR_REASON_INVALID_FIELD,
            ExpertServiceForwardRequest.Builder::clearSlices),
        bad(
            "slices[0].rows: none (expected: at least one)",
            ErrorReason.ERROR_REASON_INVALID_FIELD,
            r -> r.setSlices(0, slice(2))),
        bad(
            "slices[1].rows: 2 (expected: indices of the 2 rows)",
            ErrorReason.ERROR_REASON_INVALID_FIELD,
            r -> r.setSlices(1, slice(0, 0, 2))),
        bad(
            "slices[1].rows: 4294967295 (expected: indices of the 2 rows)",
            ErrorReason.ERROR_REASON_INVALID_FIELD,
            r -> r.setSlices(1, slice(0, -1))),
        bad(
            "slices[1].expert: 2 (expected: each expert once)",
            ErrorReason.ERROR_REASON_INVALID_FIELD,
            r -> r.setSlices(1, slice(2, 0))),
        bad(
            "slices[0].expert: 4100 (expected: 0 to 3, or the id of a pack's)",
            ErrorReason.ERROR_REASON_INVALID_FIELD,
            r -> r.setSlices(0, slice(4100, 0))),
        bad(
            "expert 1 of layer 1 is not loaded on this node (generation node:1)",
            ErrorReason.ERROR_REASON_EXPERT_NOT_LOADED,
            r -> r.setSlices(0, slice(1, 0))),
        bad(
            "slices: 11 rows (expected: at most 10, what one reply may carry)",
            ErrorReason.ERROR_REASON_TOO_MANY_TOKENS,
            r -> r.setSlices(0, slice(2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))),
        bad(
            "rows: 9 (expected: at most 8)",
            ErrorReason.ERROR_REASON_TOO_MANY_TOKENS,
            r -> r.setSlices(0, slice(2, 0, 0, 0, 0, 0, 0, 0, 0))));
  }

  @Test
  void refusalsTellTheNodesGeneration() {
    serve(ComputeType.F32);
    for (var wrong :
        List.of(request().setModelFingerprint("00"), request().setSlices(0, slice(1, 0)))) {
      assertThat(forwardFails(wrong.build()).metadata())
          .containsEntry("node_generation", GENERATION);
    }
  }

  @Test
  void staleGenerationIsNoReasonToRefuse() {
    serve(ComputeType.F32);
    assertThat(stub.forward(request().setNodeGeneration("node:0").build()).getOutputs().getShape(0))
        .isEqualTo(3);
  }

  @Test
  void nodeThatLoadsSaysWhatItWaitsFor() {
    readiness.waitFor("experts", "loading weights 45 %");
    ServingException error = forwardFails(request().build());
    assertThat(error.reason()).isEqualTo(ErrorReason.ERROR_REASON_NODE_LOADING);
    assertThat(error.metadata()).containsEntry("missing", "experts: loading weights 45 %");
    assertThat(fails(() -> describe("")).reason()).isEqualTo(ErrorReason.ERROR_REASON_NODE_LOADING);
  }

  @Test
  void nodeThatEndsSaysSo() {
    readiness.drain();
    assertThat(forwardFails(request().build()).reason())
        .isEqualTo(ErrorReason.ERROR_REASON_NODE_DRAINING);
    serve(ComputeType.F32);
    batcher.close();
    assertThat(forwardFails(request().build()).reason())
        .isEqualTo(ErrorReason.ERROR_REASON_NODE_DRAINING);
  }

  @Test
  void fullQueueRefusesWithRetryInfo() throws Exception {
    serve(ComputeType.F32);
    var running = blocked();
    var future = ExpertServiceGrpc.newFutureStub(channel);
    var waiting = List.of(future.forward(request().build()), future.forward(request().build()));
    ServingException error = forwardFails(request().build());
    assertThat(error.reason()).isEqualTo(ErrorReason.ERROR_REASON_QUEUE_FULL);
    assertThat(error.retryAfter()).contains(Duration.ofMillis(50));
    engine.release();
    running.get();
    for (var call : waiting) {
      assertThat(call.get().getOutputs().getShape(0)).isEqualTo(3);
    }
  }

  @Test
  void failureOfTheEngineHidesItsCause() {
    serve(ComputeType.F32);
    engine.failWith(new IllegalStateException("secret path"));
    ServingException error = forwardFails(request().build());
    assertThat(error.reason()).isEqualTo(ErrorReason.ERROR_REASON_ENGINE_FAILURE);
    assertThat(error).hasMessage("experts failed to compute");
  }

  @Test
  void replyThatCannotBeSentEndsTheCall() throws IOException {
    serve(ComputeType.F32);
    String name = InProcessServerBuilder.generateName();
    Server failing =
        InProcessServerBuilder.forName(name)
            .directExecutor()
            .addService(ServerInterceptors.intercept(service, new OutOfMemory()))
            .build()
            .start();
    ManagedChannel toFailing = InProcessChannelBuilder.forName(name).directExecutor().build();
    try {
      var failure =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () ->
                  ExpertServiceGrpc.newBlockingStub(toFailing)
                      .withDeadlineAfter(10, TimeUnit.SECONDS)
                      .forward(request().build()));
      assertThat(GrpcErrors.fromThrowable(failure).reason())
          .isEqualTo(ErrorReason.ERROR_REASON_ENGINE_FAILURE);
    } finally {
      toFailing.shutdownNow();
      failing.shutdownNow();
    }
  }

  /** No message leaves the server. */
  private static final class OutOfMemory implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      return next.startCall(
          new SimpleForwardingServerCall<>(call) {
            @Override
            public void sendMessage(R message) {
              throw new OutOfMemoryError("reply");
            }
          },
          headers);
    }
  }

  @Test
  void callerThatLeavesTakesItsWaitingCallBack() throws Exception {
    serve(ComputeType.F32);
    var running = blocked();
    var waiting = ExpertServiceGrpc.newFutureStub(channel).forward(request().build());
    assertThat(waiting.cancel(true)).isTrue();
    await().untilAsserted(() -> assertThat(cancelled()).isEqualTo(1));
    engine.release();
    running.get();
    assertThat(engine.runs()).hasSize(1);
  }

  @Test
  void deadlineTakesAWaitingCallBack() throws Exception {
    serve(ComputeType.F32);
    var running = blocked();
    var hurried = stub.withDeadlineAfter(50, TimeUnit.MILLISECONDS);
    var error =
        catchThrowableOfType(
            StatusRuntimeException.class, () -> hurried.forward(request().build()));
    assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    await().untilAsserted(() -> assertThat(cancelled()).isEqualTo(1));
    engine.release();
    running.get();
    assertThat(engine.runs()).hasSize(1);
  }

  @Test
  void nodeDescribesItself() {
    serve(ComputeType.BF16);
    DescribeNodeResponse node = describe("");
    assertThat(node.toBuilder().clearResidentBytes().build())
        .isEqualTo(
            DescribeNodeResponse.newBuilder()
                .setNodeName("left")
                .setGeneration(GENERATION)
                .setModelFingerprint(FINGERPRINT)
                .setDtype("bf16")
                .setDevice("cpu")
                .setBatchInvariant(true)
                .setNumericsId("formula")
                .setHiddenSize(HIDDEN)
                .setVersion("1.2.3")
                .addExperts(loaded(0, 0))
                .addExperts(loaded(0, 2))
                .addExperts(loaded(1, 0))
                .addExperts(loaded(1, 2))
                .build());
  }

  @Test
  void expertsAreLeftOutForACallerWhoKnowsThem() {
    serve(ComputeType.F32);
    assertThat(describe(GENERATION).getExpertsList()).isEmpty();
    assertThat(describe("node:0").getExpertsList()).hasSize(4);
  }

  @Test
  void expertsToLoadAreThoseOfTheLayerOrOfAll() {
    serve(ComputeType.F32);
    var request = LoadExpertsRequest.newBuilder().setModelFingerprint(FINGERPRINT);
    request.addExpertsBuilder().setExpert(3);
    request.addExpertsBuilder().setLayer(1).setExpert(1);
    request.addExpertsBuilder().setLayer(1).setExpert(3);
    assertThat(stub.loadExperts(request.build()).getGeneration()).isEqualTo("node:2");
    assertThat(changes.last)
        .containsExactly(new ExpertId(0, 3), new ExpertId(1, 1), new ExpertId(1, 3));
  }

  @ParameterizedTest
  @MethodSource
  void badChangesAreRefusedByName(String message, ExpertSelector experts) {
    serve(ComputeType.F32);
    var request =
        UnloadExpertsRequest.newBuilder().setModelFingerprint(FINGERPRINT).addExperts(experts);
    assertThat(fails(() -> stub.unloadExperts(request.build()))).hasMessageContaining(message);
    assertThat(changes.last).isEmpty();
  }

  static Stream<Arguments> badChangesAreRefusedByName() {
    return Stream.of(
        Arguments.of(
            "experts.expert: 260 (expected: 0 to 259)",
            ExpertSelector.newBuilder().setExpert(260).build()),
        Arguments.of(
            "experts.layer: 2 (expected: a layer with experts)",
            ExpertSelector.newBuilder().setLayer(2).build()));
  }

  @Test
  void changesOfNothingOrOfAnotherModelAreRefused() {
    serve(ComputeType.F32);
    var strange =
        LoadExpertsRequest.newBuilder()
            .setModelFingerprint(FINGERPRINT)
            .addExperts(ExpertSelector.newBuilder().setExpert(4));
    assertThat(fails(() -> stub.loadExperts(strange.build())))
        .hasMessageContaining("experts.expert: 4 (expected: 0 to 3)");
    strange.getPackBuilder().setName("p").setVersion("1").setFirstExpert(3);
    assertThat(fails(() -> stub.loadExperts(strange.build())))
        .hasMessageContaining("pack.first_expert: 3 (expected: 4 to 259)");
    var none = LoadExpertsRequest.newBuilder().setModelFingerprint(FINGERPRINT).build();
    assertThat(fails(() -> stub.loadExperts(none))).hasMessageContaining("experts: none");
    var other = LoadExpertsRequest.newBuilder().setModelFingerprint("other").build();
    assertThat(fails(() -> stub.loadExperts(other)).reason())
        .isEqualTo(ErrorReason.ERROR_REASON_MODEL_MISMATCH);
  }

  /** Changes nothing but the generation. */
  private final class RecordedChanges implements ExpertChanges {
    private List<ExpertId> last = List.of();

    @Override
    public ServedExperts load(List<ExpertId> experts, Optional<PackSource> pack) {
      last = experts;
      return served(ComputeType.F32).holding("node:2", new TreeMap<>(), Set.of());
    }

    @Override
    public ServedExperts unload(List<ExpertId> experts) {
      return load(experts, Optional.empty());
    }
  }

  private void serve(ComputeType type) {
    service.serve(served(type), changes);
  }

  private ServedExperts served(ComputeType type) {
    SortedMap<ExpertId, String> fingerprints = new TreeMap<>();
    for (int layer = 0; layer < 2; layer++) {
      fingerprints.put(new ExpertId(layer, 0), fingerprint(layer, 0));
      fingerprints.put(new ExpertId(layer, 2), fingerprint(layer, 2));
    }
    return new ServedExperts(
        "left",
        GENERATION,
        SmallModel.config(2, 4, HIDDEN),
        FINGERPRINT,
        type,
        "cpu",
        engine.numericsId(),
        true,
        fingerprints,
        Set.of(),
        batcher);
  }

  private ListenableFuture<ExpertServiceForwardResponse> blocked() throws InterruptedException {
    engine.block();
    var running = ExpertServiceGrpc.newFutureStub(channel).forward(request().build());
    engine.awaitEntered();
    return running;
  }

  private DescribeNodeResponse describe(String generation) {
    return stub.describeNode(
        DescribeNodeRequest.newBuilder().setKnownGeneration(generation).build());
  }

  private ServingException forwardFails(ExpertServiceForwardRequest request) {
    return fails(() -> stub.forward(request));
  }

  private static ServingException fails(Runnable call) {
    var error = catchThrowableOfType(StatusRuntimeException.class, call::run);
    ServingException mapped = GrpcErrors.fromThrowable(error);
    assertThat(error.getStatus().getCode()).isEqualTo(GrpcErrors.code(mapped.reason()));
    return mapped;
  }

  private double cancelled() {
    return registry.scrape(name -> name.equals("ennead_expert_calls_cancelled")).stream()
        .map(CounterSnapshot.class::cast)
        .mapToDouble(snapshot -> snapshot.getDataPoints().get(0).getValue())
        .sum();
  }

  /** Rows (1, 2, 3) and (4, 5, 6) of layer 1: both for expert 2, the second for expert 0. */
  private static ExpertServiceForwardRequest.Builder request() {
    return ExpertServiceForwardRequest.newBuilder()
        .setModelFingerprint(FINGERPRINT)
        .setNodeGeneration(GENERATION)
        .setLayer(1)
        .setPhase(Phase.PHASE_DECODE)
        .setRows(rows(DataType.DATA_TYPE_F32))
        .addSlices(slice(2, 1, 0))
        .addSlices(slice(0, 1));
  }

  private static Tensor rows(DataType type) {
    return TensorCodec.encode(new float[] {1, 2, 3, 4, 5, 6}, type, 2, HIDDEN);
  }

  private static ExpertSlice slice(int expert, Integer... rows) {
    return ExpertSlice.newBuilder().setExpert(expert).addAllRows(List.of(rows)).build();
  }

  private static LoadedExpert loaded(int layer, int expert) {
    return LoadedExpert.newBuilder()
        .setLayer(layer)
        .setExpert(expert)
        .setFingerprint(fingerprint(layer, expert))
        .build();
  }

  private static String fingerprint(int layer, int expert) {
    return "hash of %d/%d".formatted(layer, expert);
  }

  private static Arguments bad(
      String message,
      ErrorReason reason,
      UnaryOperator<ExpertServiceForwardRequest.Builder> change) {
    return Arguments.of(message, reason, change);
  }
}
