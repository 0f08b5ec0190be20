package io.ennead.expert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.DemoModel;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.checkpoint.ModelFormatException;
import io.ennead.expert.engine.EngineOptions;
import io.ennead.expert.engine.ExpertEngine;
import io.ennead.expert.engine.FormulaEngine;
import io.ennead.expert.engine.LoadProgress;
import io.ennead.node.ConfigException;
import io.ennead.node.ConfigLoader;
import io.ennead.node.GrpcErrors;
import io.ennead.v1.DataType;
import io.ennead.v1.DescribeNodeRequest;
import io.ennead.v1.DescribeNodeResponse;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.ExpertServiceForwardRequest;
import io.ennead.v1.ExpertServiceGrpc;
import io.ennead.v1.ExpertSlice;
import io.ennead.wire.ComputeType;
import io.ennead.wire.TensorCodec;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On real sockets, with an engine of plain arithmetic and the bundled model's files. */
@Timeout(60)
class ExpertNodeTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final int HIDDEN = 192;

  private final FormulaEngine engine = new FormulaEngine(HIDDEN);
  private final CountDownLatch mayLoad = new CountDownLatch(1);
  private final List<ManagedChannel> channels = new ArrayList<>();
  private ExpertNode node;

  @AfterEach
  void stop() {
    mayLoad.countDown();
    engine.release();
    channels.forEach(ManagedChannel::shutdownNow);
    if (node != null) {
      node.close();
    }
  }

  @Test
  void nodeThatLoadsIsAliveButNotReadyAndSaysHowFarItIs() throws Exception {
    node = ExpertNode.start(config(), this::load);
    await().untilAsserted(() -> assertThat(get("/readyz").body()).contains("loading weights 25 %"));
    assertThat(get("/readyz").statusCode()).isEqualTo(503);
    assertThat(get("/livez").statusCode()).isEqualTo(200);
    assertThat(health()).isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(describeFails()).isEqualTo(ErrorReason.ERROR_REASON_NODE_LOADING);
    assertThatThrownBy(() -> node.awaitReady(Duration.ofMillis(1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("experts: loading weights 25 %");
    mayLoad.countDown();
    node.awaitReady(LIMIT);
    assertThat(get("/readyz").statusCode()).isEqualTo(200);
    assertThat(health()).isEqualTo(ServingStatus.SERVING);
  }

  @Test
  void readyNodeServesAndDescribesItsExpertsAfterAWarmUp() throws Exception {
    mayLoad.countDown();
    node = ExpertNode.start(config("--experts", "1,6-7"), this::load);
    node.awaitReady(LIMIT);
    assertThat(engine.runs()).hasSize(4 * 2); // every layer, both tiles
    Checkpoint demo = Checkpoint.open(DemoModel.DIRECTORY);
    DescribeNodeResponse description = describe();
    assertThat(description.getNodeName()).isEqualTo("expert-" + node.port());
    assertThat(description.getModelFingerprint()).isEqualTo(Fingerprints.model(demo));
    assertThat(description.getDtype()).isEqualTo("f32");
    assertThat(description.getExpertsList())
        .hasSize(4 * 3)
        .allSatisfy(
            held ->
                assertThat(held.getFingerprint())
                    .isEqualTo(Fingerprints.expert(demo, held.getLayer(), held.getExpert())));
    assertThat(stub().forward(request(description)).getOutputs().getShapeList())
        .containsExactly(1L, 192L);
    assertThat(get("/metrics").body()).contains("ennead_expert_rows_total{expert=\"6\"} 1.0");
  }

  @Test
  void everyStartIsANewGeneration() throws Exception {
    mayLoad.countDown();
    node = ExpertNode.start(config(), this::load);
    node.awaitReady(LIMIT);
    String first = describe().getGeneration();
    node.close();
    node = ExpertNode.start(config(), (c, e, o, p) -> new FormulaEngine(HIDDEN));
    node.awaitReady(LIMIT);
    assertThat(describe().getGeneration()).endsWith(":1").isNotEqualTo(first);
  }

  @Test
  void closeLetsRunningCallsFinishAndThenClosesTheEngine() throws Exception {
    mayLoad.countDown();
    node = ExpertNode.start(config(), this::load);
    node.awaitReady(LIMIT);
    ExpertServiceForwardRequest request = request(describe());
    int warmUps = engine.runs().size();
    engine.block();
    var running = ExpertServiceGrpc.newFutureStub(channel()).forward(request);
    await().untilAsserted(() -> assertThat(engine.runs()).hasSize(warmUps + 1));
    CompletableFuture<Void> closed = CompletableFuture.runAsync(node::close);
    await().untilAsserted(() -> assertThat(get("/readyz").body()).contains("draining"));
    assertThat(closed).isNotDone();
    assertThat(engine.closed()).isFalse();
    engine.release();
    assertThat(running.get().getOutputs().getShape(1)).isEqualTo(HIDDEN);
    closed.get();
    assertThat(engine.closed()).isTrue();
  }

  @Test
  void longFingerprintArrivesCutInATypedError() throws Exception {
    mayLoad.countDown();
    node = ExpertNode.start(config(), this::load);
    node.awaitReady(LIMIT);
    ExpertServiceForwardRequest request =
        request(describe()).toBuilder().setModelFingerprint("x".repeat(20_000)).build();
    var failure = catchThrowableOfType(StatusRuntimeException.class, () -> stub().forward(request));
    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    var error = GrpcErrors.fromThrowable(failure);
    assertThat(error.reason()).isEqualTo(ErrorReason.ERROR_REASON_MODEL_MISMATCH);
    assertThat(error.metadata()).containsEntry("value", "x".repeat(200) + "... (20000 characters)");
  }

  @Test
  void closeEndsALoadInProgress() throws Exception {
    node = ExpertNode.start(config(), this::load);
    await().untilAsserted(() -> assertThat(get("/readyz").body()).contains("loading weights"));
    CompletableFuture<Void> closed = CompletableFuture.runAsync(node::close);
    await().untilAsserted(() -> assertThat(get("/readyz").body()).contains("draining"));
    mayLoad.countDown();
    closed.get();
    assertThatThrownBy(() -> node.awaitReady(LIMIT)).hasMessage("stopped while loading");
  }

  @Test
  void failureToLoadEndsTheWaitWithItsReason() throws Exception {
    node = ExpertNode.start(config("--model", "no-such-model"), this::load);
    assertThatThrownBy(() -> node.awaitReady(LIMIT))
        .isInstanceOf(ModelFormatException.class)
        .hasMessage("no-such-model: model: no directory (expected: a model directory)");
    assertThat(get("/readyz").statusCode()).isEqualTo(503);
    assertThat(get("/readyz").body()).contains("failed to load").doesNotContain("no-such-model");
    assertThat(health()).isEqualTo(ServingStatus.NOT_SERVING);
  }

  @Test
  void expertsThatTheModelHasNotEndTheStart() {
    node = ExpertNode.start(config("--experts", "0-8"), this::load);
    assertThatThrownBy(() -> node.awaitReady(LIMIT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("experts: 0-8 (expected: ascending ids from 0 to 7)");
  }

  @Test
  void enginesThatGiveNoNumbersEndTheStart() {
    var broken = new FormulaEngine(HIDDEN);
    node =
        ExpertNode.start(
            config(),
            (checkpoint, experts, options, progress) -> {
              broken.breakOutputs();
              return broken;
            });
    assertThatThrownBy(() -> node.awaitReady(LIMIT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("warm-up of layer 0: NaN (expected: finite outputs)");
    assertThat(broken.closed()).isTrue();
  }

  @Test
  void otherAddressesThanLoopbackNeedAnExplicitSetting() {
    assertThatThrownBy(() -> ExpertNode.start(config("--host", "0.0.0.0"), this::load))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("host: 0.0.0.0")
        .hasMessageContaining("--allow-insecure");
  }

  @Test
  void portsThatAreTakenAreNamed() {
    mayLoad.countDown();
    node = ExpertNode.start(config(), this::load);
    String taken = Integer.toString(node.adminPort());
    assertThatThrownBy(() -> ExpertNode.start(config("--admin-port", taken), this::load))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(taken);
  }

  @Test
  void engineGetsTheOptionsOfTheConfiguration() throws Exception {
    var seen = new CompletableFuture<EngineOptions>();
    node =
        ExpertNode.start(
            config("--dtype=bf16", "--threads=2", "--decode-tile=4", "--prefill-tile=16"),
            (checkpoint, experts, options, progress) -> {
              seen.complete(options);
              return engine;
            });
    node.awaitReady(LIMIT);
    assertThat(seen.get()).isEqualTo(new EngineOptions("cpu", ComputeType.BF16, 2, 4, 16, true));
  }

  private ExpertEngine load(
      Checkpoint checkpoint,
      List<Integer> experts,
      EngineOptions options,
      Consumer<LoadProgress> progress) {
    progress.accept(new LoadProgress(25, 100));
    try {
      mayLoad.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    progress.accept(new LoadProgress(100, 100));
    SortedMap<ExpertId, String> held = new TreeMap<>();
    for (int layer : checkpoint.config().moeLayers()) {
      for (int expert : experts) {
        held.put(new ExpertId(layer, expert), Fingerprints.expert(checkpoint, layer, expert));
      }
    }
    engine.hold(held);
    return engine;
  }

  private static ExpertConfig config(String... more) {
    Map<String, String> env =
        Map.of(
            "ENNEAD_MODEL", DemoModel.DIRECTORY.toString(),
            "ENNEAD_PORT", "0",
            "ENNEAD_ADMIN_PORT", "0");
    return ConfigLoader.load(ExpertConfig.class, "expert", List.of(more), env);
  }

  private ManagedChannel channel() {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", node.port()).usePlaintext().build();
    channels.add(channel);
    return channel;
  }

  private ExpertServiceGrpc.ExpertServiceBlockingStub stub() {
    return ExpertServiceGrpc.newBlockingStub(channel());
  }

  private DescribeNodeResponse describe() {
    return stub().describeNode(DescribeNodeRequest.getDefaultInstance());
  }

  private ErrorReason describeFails() {
    var error = catchThrowableOfType(StatusRuntimeException.class, this::describe);
    return GrpcErrors.fromThrowable(error).reason();
  }

  private ServingStatus health() {
    return HealthGrpc.newBlockingStub(channel())
        .check(HealthCheckRequest.getDefaultInstance())
        .getStatus();
  }

  private static ExpertServiceForwardRequest request(DescribeNodeResponse node) {
    return ExpertServiceForwardRequest.newBuilder()
        .setModelFingerprint(node.getModelFingerprint())
        .setLayer(3)
        .setRows(TensorCodec.encode(new float[HIDDEN], DataType.DATA_TYPE_F32, 1, HIDDEN))
        .addSlices(ExpertSlice.newBuilder().setExpert(6).addRows(0))
        .build();
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:%d%s".formatted(node.adminPort(), path));
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
  }
}
