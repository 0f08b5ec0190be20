package io.ennead.router.api.kserve;

import static io.ennead.router.api.ApiFixture.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import inference.CudaSharedMemoryStatusRequest;
import inference.GRPCInferenceServiceGrpc;
import inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import inference.InferStatistics;
import inference.ModelConfigRequest;
import inference.ModelInferRequest;
import inference.ModelInferRequest.InferInputTensor;
import inference.ModelInferRequest.InferRequestedOutputTensor;
import inference.ModelInferResponse;
import inference.ModelMetadataRequest;
import inference.ModelMetadataResponse;
import inference.ModelReadyRequest;
import inference.ModelStatisticsRequest;
import inference.ModelStreamInferResponse;
import inference.RepositoryIndexRequest;
import inference.RepositoryIndexResponse.ModelIndex;
import inference.ServerLiveRequest;
import inference.ServerMetadataRequest;
import inference.ServerReadyRequest;
import io.ennead.errors.ServingException;
import io.ennead.node.Readiness;
import io.ennead.router.api.ApiFixture;
import io.ennead.router.api.FakeGenerator;
import io.ennead.router.api.GenerationReader;
import io.ennead.router.api.LayerCalls;
import io.ennead.router.api.ModelCatalog;
import io.ennead.router.api.MoeGrpcService;
import io.ennead.router.api.MoeLimits;
import io.ennead.router.api.SlowReader;
import io.ennead.router.api.SlowReaders;
import io.ennead.router.generate.Degraded;
import io.ennead.router.generate.FakeScorer;
import io.ennead.router.generate.FinishInfo;
import io.ennead.router.generate.GenerationRequest;
import io.ennead.router.generate.Piece;
import io.ennead.router.generate.TokenSink;
import io.ennead.router.moe.CombinedRows;
import io.ennead.router.moe.ExpertLayer;
import io.ennead.router.sample.TokenLogProb;
import io.ennead.router.trace.LayerSummary;
import io.ennead.v1.DataType;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.MoeServiceForwardRequest;
import io.ennead.v1.MoeServiceForwardResponse;
import io.ennead.v1.MoeServiceGrpc;
import io.ennead.wire.TensorCodec;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class KServeGrpcServiceTest {
  private static final int MAX_BUFFERED = 8;
  private static final MoeLimits LIMITS = new MoeLimits(5, 10, 2, 2);

  private final FakeGenerator generator = new FakeGenerator();
  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final SlowReaders readers =
      SlowReaders.watch(
          new SlowReaders.Limits(MAX_BUFFERED, 1 << 20, Duration.ofMinutes(10)), registry);
  private final Readiness readiness = new Readiness();
  private LayerCalls layers;
  private ApiFixture fixture;
  private ApiFixture moe;
  private GRPCInferenceServiceBlockingStub stub;

  @BeforeEach
  void open() throws IOException {
    ExpertLayer experts =
        (layer, phase, hidden, routing, scope, observer) -> {
          float[] rows = hidden.clone();
          for (int i = 0; i < rows.length; i++) {
            rows[i] = rows[i] * 3 + layer + phase.ordinal();
          }
          return new CombinedRows(rows, Map.of());
        };
    ModelCatalog catalog =
        new ModelCatalog(
            List.of(ApiFixture.model(generator, new FakeScorer(ApiFixture.VOCABULARY), experts)));
    layers = LayerCalls.open(catalog, LIMITS, () -> 7, tokens -> {});
    fixture =
        new ApiFixture(
            new KServeGrpcService(
                catalog, new GenerationReader(catalog, () -> 4242), layers, readiness, readers));
    moe = new ApiFixture(new MoeGrpcService(layers));
    stub = GRPCInferenceServiceGrpc.newBlockingStub(fixture.channel());
  }

  @AfterEach
  void close() throws InterruptedException {
    fixture.close();
    moe.close();
    layers.close();
    readers.close();
  }

  /** Two tokens and the end, of every continuation. */
  private static void speak(GenerationRequest request, TokenSink sink) {
    for (int index = 0; index < request.continuations(); index++) {
      sink.piece(piece(index, 72, "H"));
      sink.piece(piece(index, 105, "i"));
      sink.finished(finish(request, index));
    }
  }

  private static Piece piece(int index, int id, String text) {
    TokenLogProb token = new TokenLogProb(id, -0.5, List.of(new TokenLogProb(3, -1, List.of())));
    return new Piece(
        index, new int[] {id}, text, List.of(token), Optional.empty(), Optional.empty());
  }

  private static FinishInfo finish(GenerationRequest request, int index) {
    return finish(request, index, 4, 0, 3, 1);
  }

  private static FinishInfo finish(GenerationRequest request, int index, long... expertTokens) {
    LayerSummary layer = new LayerSummary(0, 4, expertTokens, 0.5, 0.75);
    return new FinishInfo(
        index,
        FinishInfo.Reason.STOP,
        "\n",
        request.prompt().length,
        0,
        2,
        request.seed() + index,
        0,
        List.of(layer, layer),
        Duration.ofMillis(2),
        Duration.ofMillis(5),
        Duration.ofMillis(9),
        Degraded.NONE);
  }

  @Test
  void oneAnswerHasTheWholeText() {
    generator.behaviour = KServeGrpcServiceTest::speak;
    ModelInferResponse response = stub.modelInfer(Infer.text("Oh").build());

    assertThat(response.getModelName()).isEqualTo("tiny");
    assertThat(response.getModelVersion()).isEqualTo("1");
    assertThat(response.getId()).isEqualTo("7");
    assertThat(Infer.names(response)).containsExactly("text_output");
    assertThat(Infer.texts(response, "text_output")).containsExactly("OhHi");
    assertThat(response.getRawOutputContentsCount()).isZero();
  }

  @Test
  void everyOutputCanBeAskedFor() {
    generator.behaviour = KServeGrpcServiceTest::speak;
    ModelInferRequest.Builder request = Infer.text("Oh").putParameters("n", Infer.whole(2));
    for (TextOutput output : TextOutput.values()) {
      request.addOutputs(InferRequestedOutputTensor.newBuilder().setName(output.label()));
    }
    ModelInferResponse response = stub.modelInfer(request.build());

    assertThat(response.getOutputsCount()).isEqualTo(TextOutput.values().length);
    assertThat(Infer.texts(response, "text_output")).containsExactly("OhHi", "OhHi");
    assertThat(Infer.texts(response, "finish_reason")).containsExactly("stop", "stop");
    assertThat(Infer.contents(response, "cumulative_logprob").getFp32ContentsList())
        .containsExactly(-1f, -1f);
    assertThat(Infer.contents(response, "num_input_tokens").getUintContentsList())
        .containsExactly(3);
    assertThat(Infer.contents(response, "num_output_tokens").getUintContentsList())
        .containsExactly(2, 2);
    assertThat(Infer.contents(response, "output_ids").getIntContentsList())
        .containsExactly(256, 79, 104, 72, 105, 256, 79, 104, 72, 105);
    assertThat(Infer.contents(response, "sequence_length").getIntContentsList())
        .containsExactly(5, 5);
    assertThat(Infer.contents(response, "output_log_probs").getFp32ContentsList())
        .containsExactly(-0.5f, -0.5f, -0.5f, -0.5f);
    assertThat(Infer.contents(response, "effective_seed").getUint64ContentsList())
        .containsExactly(4242L, 4243L);
    assertThat(Infer.contents(response, "expert_load").getFp32ContentsList())
        .startsWith(1f, 0f, 0.75f, 0.25f)
        .hasSize(2 * 2 * 4);
    assertThat(Infer.texts(response, "routing_summary").get(0))
        .contains("\"expert_tokens\":[4,0,3,1]", "\"mean_entropy\":0.5");
    assertThat(Infer.texts(response, "logprobs").get(0))
        .contains("\"3\":{\"logprob\":-1.0", "\"rank\":1", "\"72\":{\"logprob\":-0.5");
  }

  @Test
  void theLoadHasTheExpertsOfPacksToo() {
    generator.behaviour =
        (request, sink) -> {
          sink.finished(finish(request, 0, 4, 0, 2, 1, 0, 1));
          sink.finished(finish(request, 1));
        };
    ModelInferRequest.Builder request = Infer.text("Oh").putParameters("n", Infer.whole(2));
    request.addOutputs(InferRequestedOutputTensor.newBuilder().setName("expert_load"));
    ModelInferResponse response = stub.modelInfer(request.build());

    assertThat(response.getOutputs(0).getShapeList()).containsExactly(2L, 2L, 6L);
    List<Float> load = Infer.contents(response, "expert_load").getFp32ContentsList();
    assertThat(load.subList(0, 6)).containsExactly(1f, 0f, 0.5f, 0.25f, 0f, 0.25f);
    assertThat(load.subList(12, 18)).containsExactly(1f, 0f, 0.75f, 0.25f, 0f, 0f);
  }

  @Test
  void aStreamHasDeltasAndTellsTheLast() throws Exception {
    generator.behaviour = KServeGrpcServiceTest::speak;
    List<ModelStreamInferResponse> responses =
        stream(
            Infer.text("Oh")
                .addInputs(Infer.flag("stream", true))
                .addInputs(Infer.flag("return_finish_reason", true))
                .addInputs(Infer.flag("return_num_output_tokens", true))
                .putParameters("triton_enable_empty_final_response", Infer.yes())
                .build());

    assertThat(responses)
        .extracting(each -> Infer.texts(each.getInferResponse(), "text_output").get(0))
        .containsExactly("H", "i", "");
    assertThat(responses)
        .extracting(each -> Infer.texts(each.getInferResponse(), "finish_reason").get(0))
        .containsExactly("None", "None", "stop");
    assertThat(responses)
        .extracting(
            each -> Infer.contents(each.getInferResponse(), "num_output_tokens").getUintContents(0))
        .containsExactly(1, 1, 0);
    assertThat(responses)
        .extracting(KServeGrpcServiceTest::isLast)
        .containsExactly(false, false, true);
  }

  private static boolean isLast(ModelStreamInferResponse response) {
    return response.getInferResponse().getParametersOrThrow("triton_final_response").getBoolParam();
  }

  @Test
  void aFailureIsTheAnswerToItsRequestAndTheStreamGoesOn() throws Exception {
    generator.behaviour = KServeGrpcServiceTest::speak;
    List<ModelStreamInferResponse> responses =
        stream(
            Infer.text("a").setId("1").setModelName("other").build(),
            Infer.text("a").setId("2").putParameters("top_p", Infer.real(2)).build(),
            Infer.text("a").setId("3").build(),
            ModelInferRequest.getDefaultInstance());

    assertThat(responses)
        .extracting(each -> each.getInferResponse().getId())
        .containsExactly("1", "2", "3", "");
    assertThat(responses.get(0).getErrorMessage())
        .isEqualTo("model: other (expected: version 1 of tiny, moe_layer_0, moe_layer_1)");
    assertThat(
            responses.get(0).getInferResponse().getParametersOrThrow("error_code").getStringParam())
        .isEqualTo("NOT_FOUND");
    assertThat(responses.get(1).getErrorMessage()).startsWith("top_p: 2.0 (expected");
    assertThat(
            responses
                .get(1)
                .getInferResponse()
                .getParametersOrThrow("error_reason")
                .getStringParam())
        .isEqualTo("INVALID_FIELD");
    assertThat(responses.get(2).getErrorMessage()).isEmpty();
    assertThat(Infer.texts(responses.get(2).getInferResponse(), "text_output"))
        .containsExactly("aHi");
    assertThat(responses.get(3).getErrorMessage()).startsWith("model: ");
  }

  @Test
  void aFailureOfAGenerationCancelsItAndTellsWhenToComeBack() throws Exception {
    generator.behaviour =
        (request, sink) -> sink.failed(ServingException.queueFull("k", 3, Duration.ofSeconds(2)));
    List<ModelStreamInferResponse> responses =
        stream(Infer.text("a").putParameters("n", Infer.whole(2)).build());
    assertThat(responses).hasSize(1);
    assertThat(responses.get(0).getErrorMessage()).isEqualTo("k is full (limit: 3)");
    assertThat(
            responses
                .get(0)
                .getInferResponse()
                .getParametersOrThrow("retry_after_ms")
                .getInt64Param())
        .isEqualTo(2000);
    assertThat(generator.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
    assertFails(
        () -> stub.modelInfer(Infer.text("a").build()),
        ErrorReason.ERROR_REASON_QUEUE_FULL,
        "",
        "k is full");
  }

  /** Many more than may be open at once, all answered. */
  @Test
  void requestsBeyondTheOpenOnesWaitWithTheClient() throws Exception {
    generator.behaviour = KServeGrpcServiceTest::speak;
    int requests = StreamCall.MAX_OPEN * 3;
    ModelInferRequest[] all = new ModelInferRequest[requests];
    for (int i = 0; i < requests; i++) {
      all[i] = Infer.text("a").setId(Integer.toString(i)).build();
    }
    assertThat(stream(all)).hasSize(requests).allMatch(each -> each.getErrorMessage().isEmpty());
  }

  private List<ModelStreamInferResponse> stream(ModelInferRequest... requests) throws Exception {
    SlowReader<ModelInferRequest, ModelStreamInferResponse> reader = new SlowReader<>();
    var call = GRPCInferenceServiceGrpc.newStub(fixture.channel()).modelStreamInfer(reader);
    reader.calls.get().request(Integer.MAX_VALUE);
    for (ModelInferRequest request : requests) {
      call.onNext(request);
    }
    call.onCompleted();
    assertThat(reader.ended.get(20, TimeUnit.SECONDS)).isNull();
    return reader.received;
  }

  @Test
  void aReaderThatFallsBehindIsCutOff() throws Exception {
    SlowReader<ModelInferRequest, ModelStreamInferResponse> reader = new SlowReader<>();
    var call = GRPCInferenceServiceGrpc.newStub(fixture.channel()).modelStreamInfer(reader);
    call.onNext(Infer.text("a").addInputs(Infer.flag("stream", true)).build());
    TokenSink sink = generator.sink.get(10, TimeUnit.SECONDS);
    for (int i = 0; i < MAX_BUFFERED + 2; i++) {
      sink.piece(piece(0, i, "x"));
    }

    assertThat(generator.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
    reader.calls.get().request(100);
    assertFails(
        () -> {
          throw reader.ended.get(10, TimeUnit.SECONDS);
        },
        ErrorReason.ERROR_REASON_QUEUE_FULL,
        "",
        "buffer of response");
  }

  /** Requests that fail at once cost nobody but their client. */
  @Test
  void answersThatNobodyReadsAreBoundedToo() throws Exception {
    SlowReader<ModelInferRequest, ModelStreamInferResponse> reader = new SlowReader<>();
    var call = GRPCInferenceServiceGrpc.newStub(fixture.channel()).modelStreamInfer(reader);
    for (int i = 0; i < MAX_BUFFERED + 2; i++) {
      call.onNext(ModelInferRequest.getDefaultInstance());
    }
    Awaitility.await().until(() -> cutOff() == 1);
    reader.calls.get().request(100);
    assertFails(
        () -> {
          throw reader.ended.get(10, TimeUnit.SECONDS);
        },
        ErrorReason.ERROR_REASON_QUEUE_FULL,
        "",
        "buffer of response");
  }

  private double cutOff() {
    return registry.scrape("ennead_slow_readers_cut"::equals).stream()
        .map(CounterSnapshot.class::cast)
        .flatMap(counter -> counter.getDataPoints().stream())
        .mapToDouble(CounterDataPointSnapshot::getValue)
        .sum();
  }

  @Test
  void aClientThatLeavesCancelsAllOfAStream() throws Exception {
    SlowReader<ModelInferRequest, ModelStreamInferResponse> reader = new SlowReader<>();
    ClientCallStreamObserver<ModelInferRequest> call =
        (ClientCallStreamObserver<ModelInferRequest>)
            GRPCInferenceServiceGrpc.newStub(fixture.channel()).modelStreamInfer(reader);
    call.onNext(Infer.text("a").build());
    generator.sink.get(10, TimeUnit.SECONDS);
    call.cancel("enough", null);

    assertThat(generator.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
    Awaitility.await()
        .untilAsserted(() -> assertThat(statistics("tiny").getFail().getCount()).isEqualTo(1));
  }

  @Test
  void theTimeoutIsADeadline() {
    generator.behaviour = (request, sink) -> sink.failed(ServingException.deadlineExceeded("over"));
    long before = System.nanoTime();
    assertFails(
        () -> stub.modelInfer(Infer.text("a").putParameters("timeout", Infer.whole(1)).build()),
        ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED,
        "",
        "over");
    assertThat(generator.request.deadlineNanos() - before).isLessThan(TimeUnit.SECONDS.toNanos(20));
  }

  @Test
  void errorsOfTheModelNameTheRequestsFields() {
    assertFails(
        () -> stub.modelInfer(Infer.text("a").putParameters("max_tokens", Infer.whole(99)).build()),
        ErrorReason.ERROR_REASON_INVALID_FIELD,
        "max_tokens",
        "max_tokens: 99 (expected: 1 to 30");
    assertFails(
        () -> stub.modelInfer(Infer.text("a".repeat(40)).build()),
        ErrorReason.ERROR_REASON_PROMPT_TOO_LONG,
        "text_input",
        "text_input: 41 tokens");
  }

  @Test
  void aLayerHasTheBitsOfMoeService() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (DataType type :
        List.of(DataType.DATA_TYPE_F32, DataType.DATA_TYPE_F16, DataType.DATA_TYPE_BF16)) {
      float[] values = new float[3 * ApiFixture.HIDDEN];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian();
      }
      MoeServiceForwardRequest.Builder request =
          MoeServiceForwardRequest.newBuilder()
              .setLayer(1)
              .setPhase(io.ennead.v1.Phase.PHASE_DECODE)
              .setHidden(TensorCodec.encode(values, type, 3, ApiFixture.HIDDEN));
      request.getRoutingBuilder().setTemperature(0.5).setSeed(9);
      MoeServiceForwardResponse expected =
          MoeServiceGrpc.newBlockingStub(moe.channel()).forward(request.build());
      ModelInferResponse response =
          stub.modelInfer(
              layer(request.getHidden().getData(), datatype(type), 3)
                  .putParameters("routing_temperature", Infer.real(0.5))
                  .putParameters("routing_seed", Infer.whole(9))
                  .putParameters("phase", Infer.word("decode"))
                  .putParameters("return_routing", Infer.yes())
                  .build());

      assertThat(Infer.names(response)).containsExactly("output", "expert_ids", "expert_weights");
      assertThat(response.getRawOutputContents(0))
          .as("seed %d", seed)
          .isEqualTo(
              TensorCodec.encode(
                      TensorCodec.floats(expected.getOutput(), "output"),
                      type,
                      3,
                      ApiFixture.HIDDEN)
                  .getData());
      assertThat(response.getOutputs(0).getDatatype()).isEqualTo(datatype(type));
      assertThat(response.getOutputs(1).getShapeList()).containsExactly(3L, 2L);
      assertThat(response.getRawOutputContents(1).asReadOnlyByteBuffer().get(0))
          .isEqualTo(expected.getRouting().getExpertIdsList().get(0).byteValue());
    }
  }

  private static String datatype(DataType type) {
    return switch (type) {
      case DATA_TYPE_F32 -> "FP32";
      case DATA_TYPE_F16 -> "FP16";
      default -> "BF16";
    };
  }

  private static ModelInferRequest.Builder layer(ByteString rows, String datatype, int tokens) {
    return ModelInferRequest.newBuilder()
        .setModelName("moe_layer_1")
        .addInputs(
            InferInputTensor.newBuilder()
                .setName("hidden_states")
                .setDatatype(datatype)
                .addShape(tokens)
                .addShape(ApiFixture.HIDDEN))
        .addRawInputContents(rows);
  }

  @Test
  void aLayerRefusesByItsOwnNames() {
    ByteString rows = ByteString.copyFrom(new byte[6 * ApiFixture.HIDDEN * 4]);
    assertFails(
        () -> stub.modelInfer(layer(rows, "FP32", 6).build()),
        ErrorReason.ERROR_REASON_TOO_MANY_TOKENS,
        "hidden_states.shape",
        "6 tokens (expected: at most 5)");
    ModelInferRequest.Builder layer = layer(rows.substring(0, 16), "FP32", 1);
    assertFails(
        () -> stub.modelInfer(layer.clone().putParameters("top_p", Infer.real(1)).build()),
        ErrorReason.ERROR_REASON_INVALID_FIELD,
        "parameters",
        "top_p");
    assertFails(
        () ->
            stub.modelInfer(
                layer.clone().putParameters("experts_per_token", Infer.whole(9)).build()),
        ErrorReason.ERROR_REASON_INVALID_FIELD,
        "experts_per_token",
        "9 (expected: 1 to 4)");
    assertFails(
        () -> stub.modelInfer(layer.clone().putParameters("priority", Infer.whole(1)).build()),
        ErrorReason.ERROR_REASON_INVALID_FIELD,
        "priority",
        "no queue");
    assertFails(
        () -> stub.modelInfer(ModelInferRequest.newBuilder().setModelName("moe_layer_0").build()),
        ErrorReason.ERROR_REASON_INVALID_FIELD,
        "inputs",
        "no hidden_states");
  }

  @Test
  void tellsWhatItIsAndWhetherItIsReady() {
    ModelReadyRequest tiny = ModelReadyRequest.newBuilder().setName("tiny").build();
    assertThat(stub.serverLive(ServerLiveRequest.getDefaultInstance()).getLive()).isTrue();
    assertThat(stub.serverReady(ServerReadyRequest.getDefaultInstance()).getReady()).isTrue();
    assertThat(stub.modelReady(tiny).getReady()).isTrue();
    assertThat(stub.modelReady(tiny.toBuilder().setVersion("2").build()).getReady()).isFalse();
    assertThat(stub.serverMetadata(ServerMetadataRequest.getDefaultInstance()).getName())
        .isEqualTo("ennead");
    List<ModelIndex> models =
        stub.repositoryIndex(RepositoryIndexRequest.getDefaultInstance()).getModelsList();
    assertThat(models)
        .extracting(ModelIndex::getName)
        .containsExactly("tiny", "moe_layer_0", "moe_layer_1");
    assertThat(models).extracting(ModelIndex::getState).containsOnly("READY");

    readiness.waitFor("experts", "1 of 8 missing");
    assertThat(stub.serverLive(ServerLiveRequest.getDefaultInstance()).getLive()).isTrue();
    assertThat(stub.serverReady(ServerReadyRequest.getDefaultInstance()).getReady()).isFalse();
    assertThat(stub.modelReady(tiny).getReady()).isFalse();
    RepositoryIndexRequest.Builder index = RepositoryIndexRequest.newBuilder();
    assertThat(stub.repositoryIndex(index.build()).getModels(0).getReason())
        .isEqualTo("experts: 1 of 8 missing");
    assertThat(stub.repositoryIndex(index.setReady(true).build()).getModelsList()).isEmpty();
  }

  @Test
  void describesItsModels() {
    ModelMetadataResponse text =
        stub.modelMetadata(ModelMetadataRequest.newBuilder().setName("tiny").build());
    assertThat(text.getVersionsList()).containsExactly("1");
    assertThat(text.getPropertiesMap()).containsEntry("context_length", "32");
    assertThat(text.getInputsList())
        .extracting(ModelMetadataResponse.TensorMetadata::getName)
        .contains("text_input", "input_ids", "sampling_parameters", "routing_temperature")
        .doesNotHaveDuplicates();
    var layer =
        stub.modelConfig(ModelConfigRequest.newBuilder().setName("moe_layer_1").build())
            .getConfig();
    assertThat(layer.getInput(0).getName()).isEqualTo("hidden_states");
    assertThat(layer.getInput(0).getDimsList()).containsExactly(-1L, 4L);
    assertThat(layer.getInput(0).getOptional()).isFalse();
    assertThat(layer.getMaxBatchSize()).isZero();
    assertThat(layer.getModelTransactionPolicy().getDecoupled()).isFalse();
    assertFails(
        () ->
            stub.modelMetadata(
                ModelMetadataRequest.newBuilder().setName("tiny").setVersion("3").build()),
        ErrorReason.ERROR_REASON_MODEL_NOT_FOUND,
        "model",
        "tiny version 3");
  }

  @Test
  void countsWhatBecameOfRequests() {
    generator.behaviour = KServeGrpcServiceTest::speak;
    for (int i = 0; i < 3; i++) {
      stub.modelInfer(Infer.text("a").build());
    }
    assertFails(
        () -> stub.modelInfer(Infer.text("a").putParameters("n", Infer.whole(-1)).build()),
        ErrorReason.ERROR_REASON_INVALID_FIELD,
        "n",
        "-1");
    InferStatistics counts = statistics("tiny");
    assertThat(counts.getSuccess().getCount()).isEqualTo(3);
    assertThat(counts.getFail().getCount()).isEqualTo(1);
    assertThat(counts.getQueue().getNs()).isEqualTo(Duration.ofMillis(2).toNanos() * 3);
    assertThat(counts.getComputeInput().getNs()).isPositive();
    assertThat(counts.getSuccess().getNs()).isPositive();
    assertThat(statistics("moe_layer_0").getSuccess().getCount()).isZero();
    assertThat(
            stub.modelStatistics(ModelStatisticsRequest.getDefaultInstance()).getModelStatsCount())
        .isEqualTo(3);
  }

  private InferStatistics statistics(String model) {
    return stub.modelStatistics(ModelStatisticsRequest.newBuilder().setName(model).build())
        .getModelStats(0)
        .getInferenceStats();
  }

  @Test
  void whatIsNotServedSaysSo() {
    ServingException error =
        assertFails(
            () -> stub.cudaSharedMemoryStatus(CudaSharedMemoryStatusRequest.getDefaultInstance()),
            ErrorReason.ERROR_REASON_METHOD_UNSUPPORTED,
            "",
            "inference.GRPCInferenceService/CudaSharedMemoryStatus is not served");
    assertThat(error.metadata())
        .containsEntry("operation", "inference.GRPCInferenceService/CudaSharedMemoryStatus");
    assertThat(io.ennead.node.GrpcErrors.code(error.reason())).isEqualTo(Status.Code.UNIMPLEMENTED);
  }
}
