package io.ennead.router.api;

import static io.ennead.router.api.ApiFixture.assertFails;
import static io.ennead.v1.ErrorReason.ERROR_REASON_CANCELLED;
import static io.ennead.v1.ErrorReason.ERROR_REASON_INVALID_FIELD;
import static io.ennead.v1.ErrorReason.ERROR_REASON_PROMPT_TOO_LONG;
import static io.ennead.v1.ErrorReason.ERROR_REASON_QUEUE_FULL;
import static io.ennead.v1.ErrorReason.ERROR_REASON_READER_STALLED;
import static io.ennead.v1.ErrorReason.ERROR_REASON_TOKEN_OUT_OF_RANGE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.Lists;
import com.google.common.util.concurrent.ListenableFuture;
import io.ennead.errors.ServingException;
import io.ennead.router.generate.FakeScorer;
import io.ennead.router.generate.RequestPolicy;
import io.ennead.router.generate.ServedModel;
import io.ennead.router.moe.CombinedRows;
import io.ennead.router.moe.RoutingRule;
import io.ennead.router.sample.LogProbs;
import io.ennead.router.trace.TraceLevel;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.FitResult;
import io.ennead.v1.InferenceServiceGrpc;
import io.ennead.v1.InferenceServiceGrpc.InferenceServiceBlockingStub;
import io.ennead.v1.InferenceServiceGrpc.InferenceServiceFutureStub;
import io.ennead.v1.RoutingOptions;
import io.ennead.v1.ScoreRequest;
import io.ennead.v1.ScoreResponse;
import io.ennead.v1.ScoreStreamRequest;
import io.ennead.v1.ScoreStreamResponse;
import io.ennead.v1.ScoreSummary;
import io.ennead.v1.TokenIds;
import io.ennead.v1.TokenScore;
import io.ennead.v1.TraceOptions;
import io.grpc.Context;
import io.grpc.stub.ClientCallStreamObserver;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Score and ScoreStream over gRPC, on a model of hashes. */
@Timeout(30)
class ScoreServiceTest {

  private final FakeScorer scorer = new FakeScorer(ApiFixture.VOCABULARY);
  private ApiFixture fixture;
  private InferenceServiceBlockingStub stub;

  @BeforeEach
  void open() throws IOException {
    ModelCatalog catalog =
        new ModelCatalog(
            List.of(
                ApiFixture.model(
                    new FakeGenerator(),
                    scorer,
                    (layer, phase, hidden, routing, scope, observer) ->
                        new CombinedRows(hidden, Map.of()))));
    fixture = new ApiFixture(new InferenceGrpcService(catalog, ApiFixture.readers(8), () -> 1));
    stub = InferenceServiceGrpc.newBlockingStub(fixture.channel());
  }

  @AfterEach
  void close() throws InterruptedException {
    fixture.close();
  }

  @Test
  void scoresEveryTokenButTheFirst() {
    ScoreResponse response = stub.score(text("hi").setTop(2).addTemperatures(1).build());

    assertThat(scorer.jobs.get(0).tokens()).containsExactly(256, 'h', 'i');
    assertThat(response.getTokens(0).getText()).isEqualTo("<s>");
    assertThat(response.getTokens(0).hasLogprob()).isFalse();
    assertThat(response.getTokens(0).hasRank()).isFalse();
    assertThat(response.getTokens(0).hasEntropy()).isFalse();
    assertThat(response.getTokens(0).getTemperedLogprobsCount()).isZero();
    TokenScore token = response.getTokens(2);
    LogProbs expected = logProbs(256, 'h');
    assertThat(token.getText()).isEqualTo("i");
    assertThat(token.getLogprob()).isEqualTo(expected.of('i'));
    assertThat(token.getRank()).isEqualTo(expected.rank('i'));
    assertThat(token.getEntropy()).isEqualTo(expected.entropy());
    assertThat(token.getTemperedLogprobsList()).containsExactly(expected.of('i'));
    assertThat(token.getTopList())
        .extracting(top -> top.getId())
        .containsExactly(expected.top(2).get(0).id(), expected.top(2).get(1).id());
    double sum = response.getTokens(1).getLogprob() + token.getLogprob();
    assertThat(response.getPerplexity()).isEqualTo(StrictMath.exp(-sum / 2));
    assertThat(response.getSummary().getPerplexity()).isEqualTo(response.getPerplexity());
    assertThat(response.getSummary().getTokens()).isEqualTo(2);
    assertThat(response.getSummary().getMeanEntropy())
        .isEqualTo((response.getTokens(1).getEntropy() + token.getEntropy()) / 2);
    assertThat(response.getSummary().getTemperatures(0).getLogLikelihood()).isEqualTo(sum);
    assertThat(response.getSummary().getTemperatures(0).getPerplexity())
        .isEqualTo(response.getPerplexity());
    assertThat(response.getSummary().hasFit()).isFalse();
  }

  private static LogProbs logProbs(int... context) {
    return LogProbs.of(FakeScorer.logits(context, ApiFixture.VOCABULARY), 0, ApiFixture.VOCABULARY);
  }

  @Test
  void theFitIsWhereTheSlopeIsZero() {
    ScoreRequest request = text("What is it?").setFitTemperature(true).setFitWindow(4).build();
    ScoreSummary summary = stub.score(request).getSummary();
    assertThat(summary.getFit().getResult()).isEqualTo(FitResult.FIT_RESULT_FOUND);
    assertThat(summary.getFit().getTokens()).isEqualTo(11);
    assertThat(summary.getWindowFitsList())
        .extracting(fit -> fit.getTokens())
        .containsExactly(4L, 4L, 3L);
    double temperature = summary.getFit().getTemperature();
    assertThat(summary.getFit().getInverseTemperature()).isCloseTo(1 / temperature, within(1e-15));
    var at =
        stub.score(text("What is it?").addTemperatures(temperature).build())
            .getSummary()
            .getTemperatures(0);
    assertThat(at.getTemperature()).isEqualTo(temperature);
    assertThat(at.getSlope()).isCloseTo(0, within(1e-7));
    assertThat(at.getLogLikelihood()).isCloseTo(summary.getFit().getLogLikelihood(), within(1e-9));
    assertThat(summary.getFit().getInverseStandardError())
        .isCloseTo(1 / Math.sqrt(-at.getCurvature()), within(1e-7));
  }

  @Test
  void tokensBeforeTheFirstThatCountsAreContext() {
    ScoreResponse all = stub.score(text("abcdef").build());
    ScoreResponse some = stub.score(text("abcdef").setFrom(4).build());
    assertThat(some.getTokensCount()).isEqualTo(7);
    assertThat(some.getTokensList().subList(0, 4)).noneMatch(TokenScore::hasLogprob);
    assertThat(some.getTokensList().subList(4, 7)).isEqualTo(all.getTokensList().subList(4, 7));
    assertThat(some.getSummary().getTokens()).isEqualTo(3);
  }

  @Test
  void aSingleTokenHasNoPerplexity() {
    ScoreResponse response = stub.score(text("").setFitTemperature(true).build());
    assertThat(response.getTokensCount()).isEqualTo(1);
    assertThat(response.hasPerplexity()).isFalse();
    assertThat(response.getSummary().hasPerplexity()).isFalse();
    assertThat(response.getSummary().hasMeanEntropy()).isFalse();
    assertThat(response.getSummary().getFit().getResult())
        .isEqualTo(FitResult.FIT_RESULT_NOT_IDENTIFIABLE);
    assertThat(response.getSummary().getFit().hasTemperature()).isFalse();
  }

  @Test
  void aLongTextComesInPiecesAndTheSummaryLast() {
    String text = "x".repeat(600);
    List<ScoreStreamResponse> responses =
        Lists.newArrayList(stub.scoreStream(stream(text(text)).setWindow(20).setStride(5).build()));
    List<TokenScore> tokens =
        responses.stream().flatMap(response -> response.getTokensList().stream()).toList();
    assertThat(tokens).hasSize(601);
    assertThat(tokens.subList(1, 601)).allMatch(TokenScore::hasLogprob);
    assertThat(responses.subList(0, responses.size() - 1)).noneMatch(r -> r.hasSummary());
    assertThat(responses.get(responses.size() - 1).getSummary().getTokens()).isEqualTo(600);
    assertThat(tokens.get(20).getLogprob())
        .isEqualTo(
            logProbs(Collections.nCopies(15, (int) 'x').stream().mapToInt(i -> i).toArray())
                .of('x'));
  }

  @Test
  void aLongWindowIsSeveralMessages() {
    List<ScoreStreamResponse> responses =
        Lists.newArrayList(stub.scoreStream(stream(text("x".repeat(999))).build()));
    assertThat(scorer.jobs.get(0).tokens()).hasSize(ApiFixture.CONTEXT);
    assertThat(scorer.jobs.get(1).tokens()).hasSize(ApiFixture.CONTEXT);
    assertThat(scorer.jobs.get(1).from()).isEqualTo(ApiFixture.CONTEXT / 2);
    assertThat(responses).allMatch(r -> r.getTokensCount() <= StreamedScores.TOKENS_PER_MESSAGE);
    ScoreRequest late = text("x".repeat(999)).setFrom(700).build();
    responses =
        Lists.newArrayList(
            stub.scoreStream(ScoreStreamRequest.newBuilder().setScore(late).build()));
    assertThat(responses.get(0).getTokensCount()).isEqualTo(StreamedScores.TOKENS_PER_MESSAGE);
    assertThat(responses.stream().mapToInt(r -> r.getTokensCount()).sum()).isEqualTo(1000);
    assertThat(responses.get(responses.size() - 1).getSummary().getTokens()).isEqualTo(300);
  }

  @Test
  void streamAndWholeAgreeOnATextOfOneWindow() {
    ScoreRequest.Builder request =
        text("What is it?").setFitWindow(3).addTemperatures(-2).setTop(1).setFrom(2);
    ScoreResponse whole = stub.score(request.build());
    List<ScoreStreamResponse> pieces =
        Lists.newArrayList(stub.scoreStream(stream(request).build()));
    assertThat(pieces).hasSize(2);
    assertThat(pieces.get(0).getTokensList()).isEqualTo(whole.getTokensList());
    assertThat(pieces.get(1).getSummary()).isEqualTo(whole.getSummary());
  }

  @Test
  void aReaderThatTakesNothingHoldsTheWindowsBack() throws Exception {
    SlowReader<ScoreStreamRequest, ScoreStreamResponse> reader = new SlowReader<>();
    InferenceServiceGrpc.newStub(fixture.channel())
        .scoreStream(stream(text("x".repeat(999))).setWindow(20).build(), reader);
    ClientCallStreamObserver<ScoreStreamRequest> call = reader.calls.get(10, TimeUnit.SECONDS);
    // what the transport takes before anybody reads, and four windows
    Awaitility.await().until(() -> scorer.jobs.size() >= 4);
    call.request(1);
    Awaitility.await().until(() -> !reader.received.isEmpty());
    assertThat(scorer.jobs.size()).isLessThan(12);
    call.request(10_000);
    assertThat(reader.ended.get(10, TimeUnit.SECONDS)).isNull();
    assertThat(reader.received.stream().mapToInt(r -> r.getTokensCount()).sum()).isEqualTo(1000);
  }

  @Test
  void aReaderThatTakesNothingLosesItsTextAndTheTextItsPlace() throws Exception {
    ServedModel model = ApiFixture.model(new FakeGenerator(), scorer, (l, p, h, r, s, o) -> null);
    ModelCatalog catalog = new ModelCatalog(List.of(model));
    PrometheusRegistry registry = new PrometheusRegistry();
    try (SlowReaders readers = ApiFixture.readers(8, Duration.ofMillis(200), registry)) {
      ApiFixture impatient = new ApiFixture(new InferenceGrpcService(catalog, readers, () -> 1));
      List<SlowReader<ScoreStreamRequest, ScoreStreamResponse>> all = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        all.add(new SlowReader<>());
        InferenceServiceGrpc.newStub(impatient.channel())
            .scoreStream(stream(text("x".repeat(999))).setWindow(20).build(), all.get(i));
      }
      InferenceServiceBlockingStub other =
          InferenceServiceGrpc.newBlockingStub(impatient.channel());
      Awaitility.await()
          .ignoreExceptions() // QUEUE_FULL, as long as they have the places
          .until(() -> other.score(text("a").build()).hasSummary());
      Awaitility.await().until(() -> cut(registry) == all.size()); // else one reads in time
      for (SlowReader<ScoreStreamRequest, ScoreStreamResponse> reader : all) {
        reader.calls.get().request(10_000);
        assertFails(
            () -> {
              throw reader.ended.get(10, TimeUnit.SECONDS);
            },
            ERROR_REASON_READER_STALLED,
            "",
            "nothing was read");
      }
      impatient.close();
    }
  }

  private static double cut(PrometheusRegistry registry) {
    return registry.scrape("ennead_slow_readers_cut"::equals).stream()
        .flatMap(snapshot -> ((CounterSnapshot) snapshot).getDataPoints().stream())
        .mapToDouble(CounterDataPointSnapshot::getValue)
        .sum();
  }

  @Test
  void aCallThatIsLeftEndsItsWindows() {
    scorer.hold();
    Context.CancellableContext context = Context.ROOT.withCancellation();
    context.run(
        () -> {
          Iterator<ScoreStreamResponse> left =
              stub.scoreStream(stream(text("x".repeat(999))).build());
          assertThat(left).isNotNull();
        });
    Awaitility.await().until(() -> scorer.answers.size() == 4);
    context.cancel(null);
    Awaitility.await()
        .until(() -> scorer.answers.stream().allMatch(CompletableFuture::isCancelled));

    var call = InferenceServiceGrpc.newFutureStub(fixture.channel()).score(text("a").build());
    Awaitility.await().until(() -> scorer.answers.size() == 5);
    call.cancel(true);
    Awaitility.await().until(() -> scorer.answers.get(4).isCancelled());
  }

  @Test
  void theDeadlineIsPassedOn() {
    long before = System.nanoTime();
    stub.withDeadlineAfter(1, TimeUnit.MINUTES).score(text("a").build());
    assertThat(scorer.jobs.get(0).deadlineNanos() - before)
        .isBetween(TimeUnit.SECONDS.toNanos(50), TimeUnit.SECONDS.toNanos(61));
  }

  @Test
  void aScoringThatFailsOrIsRefusedEndsTyped() {
    scorer.hold();
    var failing = InferenceServiceGrpc.newFutureStub(fixture.channel()).score(text("a").build());
    Awaitility.await().until(() -> scorer.answers.size() == 1);
    scorer.answers.get(0).completeExceptionally(ServingException.cancelled("gone"));
    assertFails(
        () -> {
          try {
            failing.get();
          } catch (java.util.concurrent.ExecutionException e) {
            throw e.getCause();
          }
        },
        ERROR_REASON_CANCELLED,
        "",
        "gone");
    scorer.refuse(ServingException.queueFull("request queue", 7, Duration.ofSeconds(1)));
    assertFails(() -> stub.score(text("a").build()), ERROR_REASON_QUEUE_FULL, "", "request queue");
    assertFails(
        () -> Lists.newArrayList(stub.scoreStream(stream(text("a")).build())),
        ERROR_REASON_QUEUE_FULL,
        "",
        "request queue");
  }

  @Test
  void aContextOfManyTokensIsFittedToo() throws IOException, InterruptedException {
    ServedModel model = ApiFixture.model(new FakeGenerator(), scorer, (l, p, h, r, s, o) -> null);
    ModelCatalog catalog = new ModelCatalog(List.of(ApiFixture.withContext(model, 20_000)));
    ApiFixture large =
        new ApiFixture(new InferenceGrpcService(catalog, ApiFixture.readers(8), () -> 1));
    try {
      ScoreResponse response =
          InferenceServiceGrpc.newBlockingStub(large.channel())
              .score(text("a b a c").setFitTemperature(true).build());
      assertThat(response.getSummary().getFit().getResult()).isEqualTo(FitResult.FIT_RESULT_FOUND);
      assertThat(scorer.jobs).hasSizeGreaterThan(1);
    } finally {
      large.close();
    }
  }

  @Test
  void textsThatAreScoredAtATimeAreBounded() {
    scorer.hold();
    InferenceServiceFutureStub calls = InferenceServiceGrpc.newFutureStub(fixture.channel());
    List<ListenableFuture<ScoreResponse>> running =
        Stream.generate(() -> calls.score(text("a").build())).limit(64).toList();
    Awaitility.await().until(() -> scorer.heldCount() == 64);
    assertFails(
        () -> stub.score(text("a").build()),
        ERROR_REASON_QUEUE_FULL,
        "",
        "texts that are scored at a time");
    assertFails(
        () -> Lists.newArrayList(stub.scoreStream(stream(text("a")).build())),
        ERROR_REASON_QUEUE_FULL,
        "",
        "texts that are scored at a time");
    scorer.answer(true);
    Awaitility.await().until(() -> running.stream().anyMatch(ListenableFuture::isDone));
    // which call was answered is open: they may have overtaken each other
    running.stream().filter(call -> !call.isDone()).findFirst().orElseThrow().cancel(true);
    Awaitility.await().until(() -> accepted(calls));
    Awaitility.await().until(() -> accepted(calls));
  }

  /** Whether one more text is scored; it is held. */
  private boolean accepted(InferenceServiceFutureStub calls) throws InterruptedException {
    int held = scorer.heldCount();
    ListenableFuture<ScoreResponse> call = calls.score(text("a").build());
    while (!call.isDone() && scorer.heldCount() == held) {
      Thread.sleep(1);
    }
    return !call.isDone();
  }

  static Stream<Arguments> badRequests() {
    return Stream.of(
        bad(ScoreRequest.newBuilder(), "prompt", "not set"),
        bad(ids(), "token_ids.ids", "empty"),
        bad(ids(300), ERROR_REASON_TOKEN_OUT_OF_RANGE, "token_ids.ids[0]", "300"),
        bad(
            text("a").setRouting(RoutingOptions.newBuilder().setTemperature(Double.NaN)),
            "routing.temperature",
            "NaN"),
        bad(text("a").addTemperatures(1).addTemperatures(0), "temperatures[1]", "0.0 (expected: a"),
        bad(text("a").addTemperatures(Double.NaN), "temperatures[0]", "NaN"),
        bad(
            text("a").addAllTemperatures(Collections.nCopies(17, 1.0)),
            "temperatures",
            "17 temperatures (expected: at most 16)"),
        bad(text("a").setTop(21), "top", "21 (expected: 0 to 20)"),
        bad(text("a").setTop(-1), "top", "4294967295"),
        bad(text("abc").setFrom(0), "from", "0 (expected: 1 to 3)"),
        bad(text("abc").setFrom(4), "from", "4 (expected: 1 to 3)"),
        bad(text("").setFrom(2), "from", "2 (expected: 1 to 1)"),
        bad(text("a").setFitWindow(0), "fit_window", "0 (expected: at least 1"));
  }

  @ParameterizedTest
  @MethodSource("badRequests")
  void isRefusedByFieldInBothCalls(
      ScoreRequest request, ErrorReason reason, String field, String message) {
    assertFails(() -> stub.score(request), reason, field, message);
    ScoreStreamRequest stream = ScoreStreamRequest.newBuilder().setScore(request).build();
    assertFails(() -> Lists.newArrayList(stub.scoreStream(stream)), reason, field, message);
    assertThat(scorer.jobs).isEmpty();
    assertThat(stub.score(text("a").build()).getTokensCount()).isEqualTo(2);
  }

  static Stream<Arguments> badStreams() {
    return Stream.of(
        Arguments.of(stream(text("a")).setWindow(1), "window", "1 (expected: 2 to 33)"),
        Arguments.of(stream(text("a")).setWindow(34), "window", "34 (expected: 2 to 33)"),
        Arguments.of(stream(text("a")).setWindow(-1), "window", "4294967295"),
        Arguments.of(stream(text("a")).setWindow(8).setStride(8), "stride", "8 (expected: 1 to 7)"),
        Arguments.of(stream(text("a")).setStride(32), "stride", "32 (expected: 1 to 31)"),
        Arguments.of(stream(text("a")).setStride(0), "stride", "0 (expected: 1 to 31)"),
        Arguments.of(
            stream(text("a").setTrace(TraceOptions.getDefaultInstance())), "trace", "set"));
  }

  @ParameterizedTest
  @MethodSource("badStreams")
  void aStreamIsRefusedByField(ScoreStreamRequest.Builder request, String field, String message) {
    assertFails(
        () -> Lists.newArrayList(stub.scoreStream(request.build())),
        ERROR_REASON_INVALID_FIELD,
        field,
        message);
  }

  @Test
  void aTextIsBoundedByTheContextAndAStreamByTheRoutersBound() {
    assertFails(
        () -> stub.score(text("a".repeat(33)).build()),
        ERROR_REASON_PROMPT_TOO_LONG,
        "prompt",
        "34 tokens (expected: at most 33: the context is 32 tokens)");
    assertThat(stub.score(text("a".repeat(32)).build()).getTokensCount()).isEqualTo(33);
    assertFails(
        () -> Lists.newArrayList(stub.scoreStream(stream(text("a".repeat(2000))).build())),
        ERROR_REASON_PROMPT_TOO_LONG,
        "prompt",
        "2001 tokens (expected: at most 2000: max-score-tokens)");
    assertFails(
        () -> Lists.newArrayList(stub.scoreStream(stream(text("a".repeat(24_001))).build())),
        ERROR_REASON_PROMPT_TOO_LONG,
        "prompt",
        "24001 bytes of UTF-8 (expected: at most 24000 bytes: max-score-tokens)");
  }

  private static ServedModel withoutBound(ServedModel model) {
    RequestPolicy.Bounds bounds =
        new RequestPolicy.Bounds(4, 1, TraceLevel.FULL, 1, Integer.MAX_VALUE);
    return ApiFixture.with(model, new RequestPolicy(RoutingRule.MODEL, bounds), model.codec());
  }

  @Test
  void aTraceWithoutThePromptIsRefused() {
    assertFails(
        () -> stub.score(text("a").setTrace(TraceOptions.newBuilder().setOmitPrompt(true)).build()),
        ERROR_REASON_INVALID_FIELD,
        "trace.omit_prompt",
        "true (expected: false");
  }

  @Test
  void runsAreBounded() throws IOException {
    ScoreReader reader = new ScoreReader(() -> 1);
    int[] ids = new int[ScoreReader.MAX_RUNS * 3 + 2];
    ScoreRequest.Builder request = ids(ids);
    assertFails(
        () -> {
          try {
            reader.read(
                withoutBound(
                    ApiFixture.model(new FakeGenerator(), scorer, (l, p, h, r, s, o) -> null)),
                stream(request.setFitWindow(3)).build());
          } catch (ServingException e) {
            throw io.ennead.node.GrpcErrors.toStatus(e);
          }
        },
        ERROR_REASON_INVALID_FIELD,
        "fit_window",
        "3 (expected: at least 4: at most 16384 runs of 49153 tokens)");
  }

  private static Arguments bad(ScoreRequest.Builder request, String field, String message) {
    return bad(request, ERROR_REASON_INVALID_FIELD, field, message);
  }

  private static Arguments bad(
      ScoreRequest.Builder request, ErrorReason reason, String field, String message) {
    return Arguments.of(request.build(), reason, field, message);
  }

  private static ScoreRequest.Builder text(String text) {
    return ScoreRequest.newBuilder().setText(text);
  }

  private static ScoreStreamRequest.Builder stream(ScoreRequest.Builder score) {
    return ScoreStreamRequest.newBuilder().setScore(score);
  }

  private static ScoreRequest.Builder ids(int... ids) {
    return ScoreRequest.newBuilder()
        .setTokenIds(TokenIds.newBuilder().addAllIds(Arrays.stream(ids).boxed().toList()));
  }
}
