package io.ennead.router.api;

import static io.ennead.router.api.ApiFixture.assertFails;
import static io.ennead.v1.ErrorReason.ERROR_REASON_ENGINE_FAILURE;
import static io.ennead.v1.ErrorReason.ERROR_REASON_MODEL_NOT_FOUND;
import static io.ennead.v1.ErrorReason.ERROR_REASON_NODE_LOADING;
import static io.ennead.v1.ErrorReason.ERROR_REASON_QUEUE_FULL;
import static io.ennead.v1.ErrorReason.ERROR_REASON_READER_STALLED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.common.collect.Lists;
import io.ennead.errors.ServingException;
import io.ennead.router.generate.Degraded;
import io.ennead.router.generate.FakeScorer;
import io.ennead.router.generate.FinishInfo;
import io.ennead.router.generate.GenerationRequest;
import io.ennead.router.generate.Piece;
import io.ennead.router.generate.TokenSink;
import io.ennead.router.moe.CombinedRows;
import io.ennead.router.sample.TokenLogProb;
import io.ennead.v1.DetokenizeRequest;
import io.ennead.v1.FinishReason;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.InferenceServiceGrpc;
import io.ennead.v1.InferenceServiceGrpc.InferenceServiceBlockingStub;
import io.ennead.v1.ListModelsRequest;
import io.ennead.v1.Model;
import io.ennead.v1.RoutingOptions;
import io.ennead.v1.SamplingOptions;
import io.ennead.v1.StoppingOptions;
import io.ennead.v1.TokenIds;
import io.ennead.v1.TokenLogprob;
import io.ennead.v1.TokenizeRequest;
import io.ennead.v1.TokenizeResponse;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.Deadline;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class InferenceGrpcServiceTest {
  private static final long SERVER_SEED = 4242;
  private static final int MAX_BUFFERED = 8;

  private final FakeGenerator generator = new FakeGenerator();
  private SlowReaders readers = ApiFixture.readers(MAX_BUFFERED);
  private ApiFixture fixture;
  private InferenceServiceBlockingStub stub;

  @BeforeEach
  void open() throws IOException {
    ModelCatalog catalog =
        new ModelCatalog(
            List.of(
                ApiFixture.model(
                    generator,
                    new FakeScorer(ApiFixture.VOCABULARY),
                    (layer, phase, hidden, routing, scope, observer) ->
                        new CombinedRows(hidden.clone(), Map.of()))));
    fixture = new ApiFixture(new InferenceGrpcService(catalog, readers, () -> SERVER_SEED));
    stub = InferenceServiceGrpc.newBlockingStub(fixture.channel());
  }

  @AfterEach
  void close() throws InterruptedException {
    fixture.close();
    readers.close();
  }

  @Test
  void streamsPiecesAndThenTheFinish() {
    generator.behaviour =
        (request, sink) -> {
          TokenLogProb other = new TokenLogProb(3, -1, List.of());
          TokenLogProb token =
              new TokenLogProb(
                  72, -0.5, List.of(other), OptionalDouble.of(-0.25), List.of(other, other));
          sink.piece(
              new Piece(
                  0, new int[] {72}, "H", List.of(token), Optional.empty(), Optional.empty()));
          sink.piece(
              new Piece(
                  0, new int[] {105, 33}, "i!", List.of(), Optional.empty(), Optional.empty()));
          sink.finished(finish(request));
        };

    List<GenerateResponse> responses =
        Lists.newArrayList(stub.generate(text("a").setLogprobs(1).build()));

    assertThat(responses).hasSize(3);
    assertThat(responses).extracting(GenerateResponse::getText).containsExactly("H", "i!", "");
    assertThat(responses.get(1).getTokenIdsList()).containsExactly(105, 33);
    TokenLogprob told = responses.get(0).getLogprobs(0);
    assertThat(told.getTop(0).getId()).isEqualTo(3);
    assertThat(told.getTop(0).hasSampledLogprob()).isFalse();
    assertThat(told.getSampledLogprob()).isEqualTo(-0.25);
    assertThat(told.getSampledTopList()).extracting(TokenLogprob::getId).containsExactly(3, 3);
    assertThat(responses)
        .extracting(GenerateResponse::getResponseId)
        .containsOnly(generator.request.responseId());
    assertThat(responses.get(0).hasFinish()).isFalse();
    assertThat(responses.get(2).getFinish().getReason()).isEqualTo(FinishReason.FINISH_REASON_STOP);
    assertThat(responses.get(2).getFinish().getSeed()).isEqualTo(SERVER_SEED);
    assertThat(responses.get(2).getFinish().getStop()).isEqualTo("\n");
    assertThat(responses.get(2).getFinish().getCachedPromptTokens()).isEqualTo(1);
    assertThat(responses.get(2).getFinish().getTotalSeconds()).isEqualTo(3);
  }

  @Test
  void whatIsAbsentTakesTheModelsDefaults() {
    GenerationRequest request = accepted(text("ab").build());

    assertThat(request.prompt()).containsExactly(256, 'a', 'b');
    assertThat(request.sampling().temperature().value()).isEqualTo(0.7);
    assertThat(request.sampling().truncation().topP()).isEqualTo(0.9);
    assertThat(request.seed()).isEqualTo(SERVER_SEED);
    assertThat(request.stopping().maxTokens()).isEqualTo(ApiFixture.CONTEXT - 3);
    assertThat(request.routing())
        .isEqualTo(
            io.ennead.router.moe.RoutingOptions.everywhere(
                io.ennead.router.moe.RoutingRule.MODEL, request.seed()));
    assertThat(request.logprobs()).isEmpty();
    assertThat(request.deadlineNanos()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void everyOptionArrives() {
    GenerationRequest request =
        accepted(
            GenerateRequest.newBuilder()
                .setModel("tiny")
                .setTokenIds(TokenIds.newBuilder().addIds(5).addIds(256))
                .setSampling(
                    SamplingOptions.newBuilder()
                        .setTemperature(Double.POSITIVE_INFINITY)
                        .setTopK(-1)
                        .setTopP(0.5)
                        .setMinP(0.25)
                        .setSeed(-3))
                .setStopping(
                    StoppingOptions.newBuilder()
                        .setMaxTokens(30)
                        .addStop("x")
                        .setIgnoreEos(true)
                        .setMinTokens(30))
                .setRouting(RoutingOptions.newBuilder().setTemperature(-2).setExpertsPerToken(4))
                .setN(1)
                .setLogprobs(20)
                .build());

    assertThat(request.prompt()).containsExactly(5, 256);
    assertThat(request.sampling().temperature().value()).isInfinite();
    assertThat(request.sampling().truncation().topK()).isEqualTo(Integer.MAX_VALUE);
    assertThat(request.sampling().truncation().topP()).isEqualTo(0.5);
    assertThat(request.sampling().truncation().minP()).isEqualTo(0.25);
    assertThat(request.seed()).isEqualTo(-3);
    assertThat(request.stopping())
        .isEqualTo(new io.ennead.router.generate.StoppingOptions(30, List.of("x"), true, 30));
    assertThat(request.routing().rule().temperature()).isEqualTo(-2);
    assertThat(request.routing().rule().expertsPerToken()).hasValue(4);
    assertThat(request.logprobs()).isEqualTo(OptionalInt.of(20));
  }

  @Test
  void anEmptyTextIsAPrompt() {
    assertThat(accepted(text("").build()).prompt()).containsExactly(256);
  }

  @Test
  void anUnknownModelIsNotFoundAndTheNextCallSucceeds() {
    assertFails(
        () -> generate(text("a").setModel("other").build()),
        ERROR_REASON_MODEL_NOT_FOUND,
        "model",
        "model: other (expected: tiny)");
    accepted(text("a").build());
  }

  @Test
  void aRefusalAndAFailureReachTheClient() {
    generator.behaviour =
        (request, sink) -> {
          throw ServingException.loading("experts 3, 5");
        };
    assertFails(() -> generate(text("a").build()), ERROR_REASON_NODE_LOADING, "", "experts 3, 5");
    generator.behaviour =
        (request, sink) -> sink.failed(ServingException.queueFull("k", 3, Duration.ofSeconds(2)));
    ServingException full =
        assertFails(() -> generate(text("a").build()), ERROR_REASON_QUEUE_FULL, "", "k is full");
    assertThat(full.retryAfter()).contains(Duration.ofSeconds(2));
    generator.behaviour =
        (request, sink) -> {
          throw new IllegalStateException("secret");
        };
    ServingException bug =
        assertFails(() -> generate(text("a").build()), ERROR_REASON_ENGINE_FAILURE, "", "");
    assertThat(bug.getMessage()).doesNotContain("secret");
  }

  @Test
  void aClientThatLeavesCancelsItsGeneration() throws Exception {
    generator.behaviour =
        (request, sink) ->
            sink.piece(
                new Piece(0, new int[] {1}, "x", List.of(), Optional.empty(), Optional.empty()));
    CancellableContext context = Context.current().withCancellation();
    context.run(
        () -> {
          var responses = stub.generate(text("a").build());
          assertThat(responses.next().getText()).isEqualTo("x");
        });
    context.cancel(null);

    assertThat(generator.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
    TokenSink sink = generator.sink.get();
    sink.piece(new Piece(0, new int[] {2}, "y", List.of(), Optional.empty(), Optional.empty()));
    sink.failed(ServingException.cancelled("the caller left"));
  }

  @Test
  void theDeadlineIsPassedOnAndEndsTheGeneration() throws Exception {
    long before = System.nanoTime();
    StatusRuntimeException thrown =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () ->
                Lists.newArrayList(
                    stub.withDeadline(Deadline.after(300, TimeUnit.MILLISECONDS))
                        .generate(text("a").build())));

    assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(generator.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(generator.request.deadlineNanos() - before)
        .isBetween(0L, TimeUnit.MILLISECONDS.toNanos(400));
  }

  @Test
  void aReaderThatFallsBehindIsCutOff() throws Exception {
    SlowReader<GenerateRequest, GenerateResponse> reader = new SlowReader<>();
    InferenceServiceGrpc.newStub(fixture.channel()).generate(text("a").build(), reader);
    TokenSink sink = generator.sink.get(10, TimeUnit.SECONDS);
    // One that the transport may take, the buffer, and one too many.
    for (int i = 0; i < MAX_BUFFERED + 2; i++) {
      sink.piece(new Piece(0, new int[] {i}, "x", List.of(), Optional.empty(), Optional.empty()));
    }

    assertThat(generator.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
    reader.calls.get().request(100);
    assertFails(
        () -> {
          throw reader.ended.get(10, TimeUnit.SECONDS);
        },
        ERROR_REASON_QUEUE_FULL,
        "",
        "buffer of response");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aReaderThatTakesNothingIsCutOffWhetherOrNotItsAnswerIsComplete(boolean complete)
      throws Exception {
    readers.close();
    fixture.close();
    readers = ApiFixture.readers(MAX_BUFFERED, Duration.ofMillis(200));
    open();
    SlowReader<GenerateRequest, GenerateResponse> reader = new SlowReader<>();
    InferenceServiceGrpc.newStub(fixture.channel()).generate(text("a").build(), reader);
    TokenSink sink = generator.sink.get(10, TimeUnit.SECONDS);
    for (int i = 0; i < MAX_BUFFERED; i++) {
      sink.piece(new Piece(0, new int[] {i}, "x", List.of(), Optional.empty(), Optional.empty()));
    }
    if (complete) {
      sink.finished(finish(generator.request));
    }

    assertThat(generator.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
    reader.calls.get().request(100);
    assertFails(
        () -> {
          throw reader.ended.get(10, TimeUnit.SECONDS);
        },
        ERROR_REASON_READER_STALLED,
        "",
        "nothing was read for 200 ms");
    assertThat(reader.received).hasSizeLessThan(MAX_BUFFERED);
  }

  @Test
  void aSlowReaderWithinTheBufferGetsEverythingInOrder() throws Exception {
    SlowReader<GenerateRequest, GenerateResponse> reader = new SlowReader<>();
    InferenceServiceGrpc.newStub(fixture.channel()).generate(text("a").build(), reader);
    TokenSink sink = generator.sink.get(10, TimeUnit.SECONDS);
    for (int i = 0; i < MAX_BUFFERED; i++) {
      sink.piece(new Piece(0, new int[] {i}, "x", List.of(), Optional.empty(), Optional.empty()));
    }
    sink.finished(finish(generator.request));
    reader.calls.get().request(100);

    assertThat(reader.ended.get(10, TimeUnit.SECONDS)).isNull();
    assertThat(reader.received).hasSize(MAX_BUFFERED + 1);
    for (int i = 0; i < MAX_BUFFERED; i++) {
      assertThat(reader.received.get(i).getTokenIds(0)).isEqualTo(i);
    }
    assertThat(reader.received.get(MAX_BUFFERED).hasFinish()).isTrue();
  }

  @Test
  void tokenizesAndDetokenizes() {
    TokenizeResponse tokens = stub.tokenize(TokenizeRequest.newBuilder().setText("hi").build());
    assertThat(tokens.getIdsList()).containsExactly(256, 104, 105);
    assertThat(tokens.getTokensList()).containsExactly("<s>", "<0x68>", "<0x69>");
    assertThat(
            stub.tokenize(
                    TokenizeRequest.newBuilder().setText("hi").setOmitSpecialTokens(true).build())
                .getIdsList())
        .containsExactly(104, 105);
    DetokenizeRequest.Builder ids = DetokenizeRequest.newBuilder().addAllIds(tokens.getIdsList());
    assertThat(stub.detokenize(ids.build()).getText()).isEqualTo("hi");
    assertThat(stub.detokenize(ids.setKeepSpecialTokens(true).build()).getText())
        .isEqualTo("<s>hi");
  }

  @Test
  void listsTheModelWithItsDefaults() {
    List<Model> models = stub.listModels(ListModelsRequest.getDefaultInstance()).getModelsList();
    assertThat(models).hasSize(1);
    assertThat(models.get(0).getName()).isEqualTo("tiny");
    assertThat(models.get(0).getContextLength()).isEqualTo(ApiFixture.CONTEXT);
    assertThat(models.get(0).getDefaultSampling())
        .isEqualTo(
            SamplingOptions.newBuilder()
                .setTemperature(0.7)
                .setTopK(0)
                .setTopP(0.9)
                .setMinP(0)
                .setTypicalP(1)
                .setRepetitionPenalty(1)
                .setFrequencyPenalty(0)
                .setPresencePenalty(0)
                .setPenaltyLastN(0)
                .build());
    assertThat(models.get(0).getDefaultSampling().getTemperature()).isEqualTo(0.7);
    assertThat(models.get(0).getDefaultSampling().hasSeed()).isFalse();
    assertThat(models.get(0).getBounds().getScoreTokens()).isEqualTo(ApiFixture.SCORE_TOKENS);
  }

  private GenerationRequest accepted(GenerateRequest request) {
    generator.behaviour = (accepted, sink) -> sink.finished(finish(accepted));
    generate(request);
    return generator.request;
  }

  private void generate(GenerateRequest request) {
    assertThat(Lists.newArrayList(stub.generate(request))).isNotEmpty();
  }

  private static GenerateRequest.Builder text(String text) {
    return GenerateRequest.newBuilder().setText(text);
  }

  private static FinishInfo finish(GenerationRequest request) {
    return new FinishInfo(
        0,
        FinishInfo.Reason.STOP,
        "\n",
        request.prompt().length,
        1,
        3,
        request.seed(),
        0,
        List.of(),
        Duration.ZERO,
        Duration.ofMillis(5),
        Duration.ofSeconds(3),
        Degraded.NONE);
  }
}
