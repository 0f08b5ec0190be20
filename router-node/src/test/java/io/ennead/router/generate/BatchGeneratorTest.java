package io.ennead.router.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ennead.errors.ServingException;
import io.ennead.router.generate.BatchGenerator.BlockPool;
import io.ennead.router.model.DemoModel;
import io.ennead.router.model.Golden;
import io.ennead.router.model.LoadedModel;
import io.ennead.router.model.LocalExpertLayer;
import io.ennead.router.model.MoeModel;
import io.ennead.router.moe.CallScope;
import io.ennead.router.moe.CombinedRows;
import io.ennead.router.moe.ExpertLayer;
import io.ennead.router.moe.Routing;
import io.ennead.router.moe.RoutingObserver;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.sample.Dry;
import io.ennead.router.sample.Penalties;
import io.ennead.router.sample.SamplingOptions;
import io.ennead.router.sample.TokenConstraints;
import io.ennead.router.sample.TokenLogProb;
import io.ennead.router.trace.TraceOptions;
import io.ennead.v1.ErrorReason;
import io.ennead.wire.ComputeType;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;

/** Continuous batching on the demo model with its experts in this process. */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(120)
class BatchGeneratorTest {
  private static final int BLOCKS = 32 * 64;
  private static final ModelInfo INFO = DemoInfo.F32;

  private final LoadedModel demo = DemoModel.load(ComputeType.F32, BLOCKS);
  private PrometheusRegistry registry = new PrometheusRegistry();
  private BatchGenerator generator =
      start(new SchedulerLimits(32, 64, LoadedModel.CHUNK, 512, true));

  @BeforeEach
  void restart() {
    restart(new SchedulerLimits(32, 64, LoadedModel.CHUNK, 512, true));
  }

  @AfterEach
  void nothingIsLeftInTheBatch() {
    Awaitility.await()
        .untilAsserted(() -> assertThat(gauge("ennead_kv_cache_usage_perc")).isZero());
    assertThat(gauge("ennead_num_requests_running")).isZero();
    assertThat(gauge("ennead_num_requests_waiting")).isZero();
  }

  @AfterAll
  void close() {
    generator.close();
    demo.close();
  }

  @Test
  void allGoldensAtOnceGiveTheirRecordedTokens() throws Exception {
    List<Golden> goldens = Golden.all().toList();
    List<CollectingSink> sinks = new ArrayList<>();
    for (Golden golden : goldens) {
      sinks.add(submit(golden.inputIds(), greedy(golden.greedyIds().length)));
    }
    for (int i = 0; i < goldens.size(); i++) {
      sinks.get(i).end.get();
      assertThat(sinks.get(i).ids())
          .as(goldens.get(i).name())
          .containsExactly(goldens.get(i).greedyIds());
    }
  }

  @Test
  void logProbabilitiesOfGreedyTokensAreTheRecordedOnes() throws Exception {
    Golden golden = Golden.all().skip(4).findFirst().orElseThrow();
    CollectingSink sink = new CollectingSink();
    generator.submit(
        new GenerationRequest(
            "r",
            golden.inputIds(),
            SamplingOptions.GREEDY,
            1,
            greedy(48),
            RoutingOptions.DEFAULT,
            OptionalInt.of(3),
            TraceOptions.NONE,
            1,
            Long.MAX_VALUE),
        sink);
    sink.end.get();

    for (int i = 0; i < 48; i++) {
      TokenLogProb token = sink.logProbs().get(i);
      assertThat(token.logProb()).isCloseTo(golden.greedyLogprobs()[i], within(5e-4));
      assertThat(token.top()).hasSize(3);
      assertThat(token.top().get(0).id()).isEqualTo(golden.greedyIds()[i]);
    }
  }

  @Test
  void noEndOfSequenceIsDrawnBeforeMinTokens() throws Exception {
    SamplingOptions onlyTheEnd =
        SamplingOptions.GREEDY.withConstraints(
            new TokenConstraints(Map.of(1, 1000.0), Set.of(), List.of()));
    for (int minTokens : new int[] {0, 1, 5}) {
      CollectingSink sink = new CollectingSink();
      generator.submit(
          request(onlyTheEnd, new StoppingOptions(20, List.of(), false, minTokens)), sink);
      assertThat(sink.end.get().reason()).isEqualTo(FinishInfo.Reason.EOS);
      assertThat(sink.ids()).hasSize(minTokens + 1).endsWith(1).containsOnlyOnce(1);
    }
  }

  @Test
  void onlyEndOfSequenceTokensAllowedBesideMinTokensIsRefused() {
    SamplingOptions onlyTheEnd =
        SamplingOptions.DEFAULT.withConstraints(
            new TokenConstraints(Map.of(), Set.of(1), List.of()));
    StoppingOptions two = new StoppingOptions(20, List.of(), false, 2);
    assertThatThrownBy(() -> generator.submit(request(onlyTheEnd, two), new CollectingSink()))
        .isInstanceOf(ServingException.class)
        .hasMessage(
            "sampling.allowed_tokens: only tokens that end the sequence"
                + " (expected: another too, for min_tokens is 2)");
  }

  @Test
  void optionsThatLeaveNoTokenEndOneRequestAndNoOther() throws Exception {
    SamplingOptions none =
        SamplingOptions.DEFAULT.withConstraints(
            new TokenConstraints(Map.of(7, Double.NEGATIVE_INFINITY), Set.of(7), List.of()));
    CollectingSink other = submit(new int[] {0, 100}, greedy(20));
    CollectingSink sink = new CollectingSink();
    generator.submit(request(none, greedy(20)), sink);
    assertFailsWith(sink, ErrorReason.ERROR_REASON_INVALID_FIELD);
    assertThat(other.end.get().generatedTokens()).isEqualTo(20);
  }

  @Test
  void sampledLogProbabilitiesAreThoseOfTheTemperedDistribution() throws Exception {
    CollectingSink sink = new CollectingSink();
    generator.submit(
        new GenerationRequest(
            "r",
            new int[] {0, 100},
            SamplingOptions.of(0.5, 2, 1, 0),
            1,
            greedy(10),
            RoutingOptions.DEFAULT,
            OptionalInt.of(3),
            TraceOptions.NONE,
            1,
            Long.MAX_VALUE),
        sink);
    sink.end.get();
    for (TokenLogProb token : sink.logProbs()) {
      double first = token.top().get(0).logProb();
      double second = token.top().get(1).logProb();
      double log = -Math.log1p(Math.exp((second - first) / 0.5));
      assertThat(token.sampledTop()).hasSize(2);
      assertThat(token.sampledTop().get(0).sampledLogProb().orElseThrow())
          .isCloseTo(log, within(1e-9));
      assertThat(token.top().get(2).sampledLogProb()).isEmpty();
      assertThat(token.sampledLogProb()).isPresent();
    }
  }

  private static GenerationRequest request(SamplingOptions sampling, StoppingOptions stopping) {
    return new GenerationRequest(
        "r",
        new int[] {0, 100, 200},
        sampling,
        1,
        stopping,
        RoutingOptions.DEFAULT,
        OptionalInt.empty(),
        TraceOptions.NONE,
        1,
        Long.MAX_VALUE);
  }

  @Test
  void sampledTokensAreTheSameAloneAndAmongOthers() throws Exception {
    long seed = new Random().nextLong();
    List<GenerationRequest> requests = randomRequests(new Random(seed), 24);
    List<int[]> alone = new ArrayList<>();
    for (GenerationRequest request : requests) {
      CollectingSink sink = new CollectingSink();
      generator.submit(request, sink);
      sink.end.get();
      alone.add(sink.ids());
    }
    List<CollectingSink> together = new ArrayList<>();
    for (GenerationRequest request : requests) {
      CollectingSink sink = new CollectingSink();
      generator.submit(request, sink);
      together.add(sink);
    }
    for (int i = 0; i < requests.size(); i++) {
      together.get(i).end.get();
      assertThat(together.get(i).ids())
          .as("seed %d, request %d", seed, i)
          .containsExactly(alone.get(i));
    }
  }

  @Test
  void cancellingHalfOf32FreesTheirMemoryAndLeavesTheOthersBits() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    List<int[]> prompts = new ArrayList<>();
    List<int[]> expected = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      prompts.add(random.ints(20, 3, 4096).toArray());
      CollectingSink sink = submit(prompts.get(i), greedy(i % 2 == 0 ? 60 : 900));
      if (i % 2 == 0) {
        sink.end.get();
        expected.add(sink.ids());
      } else {
        sink.end.cancel(true);
      }
    }
    restart();
    List<CollectingSink> sinks = new ArrayList<>();
    List<Generation> generations = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      CollectingSink sink = new CollectingSink(5);
      sinks.add(sink);
      generations.add(
          generator.submit(request(prompts.get(i), greedy(i % 2 == 0 ? 60 : 900)), sink));
    }
    for (CollectingSink sink : sinks) {
      sink.awaitPieces();
    }
    double before = gauge("ennead_kv_cache_usage_perc");
    for (int i = 1; i < 32; i += 2) {
      generations.get(i).cancel();
    }
    for (int i = 1; i < 32; i += 2) {
      assertFailsWith(sinks.get(i), ErrorReason.ERROR_REASON_CANCELLED);
    }
    // 16 cancelled requests of 920 positions hold 58 blocks each; the others, 5 blocks at most.
    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(before - gauge("ennead_kv_cache_usage_perc"))
                    .isGreaterThan(16 * 57.0 / BLOCKS));
    for (int i = 0; i < 32; i += 2) {
      sinks.get(i).end.get();
      assertThat(sinks.get(i).ids()).as("seed %d", seed).containsExactly(expected.get(i / 2));
    }
  }

  @Test
  void oneStepServesEverySequence() throws Exception {
    CollectingSink alone = submit(new int[] {0, 100, 200}, greedy(40));
    alone.end.get();
    double stepsAlone = decodeSteps();
    restart();
    List<CollectingSink> sinks = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      sinks.add(submit(new int[] {0, 100 + i, 200}, greedy(40)));
    }
    for (CollectingSink sink : sinks) {
      sink.end.get();
    }
    // Requests that join while the first steps run shift the ends by those few steps.
    assertThat(decodeSteps()).isBetween(stepsAlone, stepsAlone + 8);
  }

  @Test
  void aRequestWithoutAPlaceWaitsAndBeyondTheQueueIsRefused() throws Exception {
    restart(new SchedulerLimits(1, 2, LoadedModel.CHUNK, 512, true));
    CollectingSink running = new CollectingSink(1);
    Generation first = generator.submit(request(new int[] {0}, greedy(900)), running);
    CollectingSink waiting = submit(new int[] {0}, greedy(3));
    CollectingSink waitingToo = submit(new int[] {0}, greedy(3));

    assertRefused(ErrorReason.ERROR_REASON_QUEUE_FULL);
    running.awaitPieces();
    assertRefused(ErrorReason.ERROR_REASON_QUEUE_FULL);
    first.cancel();
    assertThat(waiting.end.get().generatedTokens()).isEqualTo(3);
    assertThat(waitingToo.end.get().generatedTokens()).isEqualTo(3);
    assertThat(submit(new int[] {0}, greedy(3)).end.get().generatedTokens()).isEqualTo(3);
  }

  @Test
  void aQueueThatDoesNotMoveRefusesMoreAtOnce() throws Exception {
    restart(
        new SchedulerLimits(
            1, new QueueLimits(64, 10_000, Duration.ofMillis(200)), LoadedModel.CHUNK, 512, true));
    CollectingSink running = new CollectingSink(1);
    Generation first = generator.submit(request(new int[] {0}, greedy(900)), running);
    running.awaitPieces();
    CollectingSink waiting = submit(new int[] {0}, greedy(3));
    List<CollectingSink> accepted = new ArrayList<>();
    Awaitility.await()
        .until(
            () -> {
              try {
                accepted.add(submit(new int[] {0}, greedy(3)));
                return false;
              } catch (ServingException e) {
                assertThat(e).hasMessageContaining("request queue's time in milliseconds");
                assertThat(e.retryAfter()).isPresent();
                return true;
              }
            });
    first.cancel();
    assertThat(waiting.end.get().generatedTokens()).isEqualTo(3);
    for (CollectingSink sink : accepted) {
      sink.end.get();
    }
    assertThat(submit(new int[] {0}, greedy(3)).end.get().generatedTokens()).isEqualTo(3);
  }

  @Test
  void aPassedDeadlineEndsTheRequest() {
    CollectingSink sink = new CollectingSink();
    generator.submit(
        new GenerationRequest(
            "r",
            new int[] {0},
            SamplingOptions.GREEDY,
            1,
            greedy(1000),
            RoutingOptions.DEFAULT,
            OptionalInt.empty(),
            TraceOptions.NONE,
            1,
            System.nanoTime() + 50_000_000),
        sink);
    assertFailsWith(sink, ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED);
  }

  @Test
  void closingEndsRunningRequestsAsDraining() throws Exception {
    CollectingSink sink = new CollectingSink(1);
    generator.submit(request(new int[] {0}, greedy(1000)), sink);
    sink.awaitPieces();
    generator.close();

    assertFailsWith(sink, ErrorReason.ERROR_REASON_NODE_DRAINING);
    assertRefused(ErrorReason.ERROR_REASON_NODE_DRAINING);
    restart();
  }

  @Test
  void scoresAreTheRecordedLogProbabilities() throws Exception {
    for (Golden golden : Golden.all().toList()) {
      List<ScoredToken> scores = score(golden.inputIds(), 1).tokens();
      assertThat(scores).hasSize(golden.inputIds().length - 1);
      for (int i = 1; i < golden.inputIds().length; i++) {
        assertThat(scores.get(i - 1).logProb())
            .as("%s, token %d", golden.name(), i)
            .isCloseTo(golden.promptLogprobs().get(i), within(5e-4));
      }
    }
  }

  @Test
  void contextBeforeTheFirstTokenThatCountsChangesNoBit() throws Exception {
    int[] tokens = Golden.all().skip(9).findFirst().orElseThrow().inputIds();
    List<ScoredToken> all = score(tokens, 1).tokens();
    for (int from : new int[] {2, 64, 65, 66, 130, tokens.length - 1}) {
      List<ScoredToken> some = score(tokens, from).tokens();
      assertThat(some).hasSize(tokens.length - from);
      for (int i = 0; i < some.size(); i++) {
        assertThat(some.get(i).logProb()).isEqualTo(all.get(from - 1 + i).logProb());
      }
    }
  }

  @Test
  void theLastTokenNeedsNoPlaceInTheContext() throws Exception {
    int[] tokens = new Random(5).ints(INFO.contextLength() + 1, 3, 4096).toArray();
    assertThat(score(tokens, 1).tokens()).hasSize(INFO.contextLength());
  }

  private ScoredTokens score(int[] tokens, int from) throws Exception {
    return generator.score(job(tokens, from)).get();
  }

  private static ScoreJob job(int[] tokens, int from) {
    return new ScoreJob(
        tokens,
        from,
        Optional.of(new ScoreJob.Detail(0, 0)),
        List.of(new ScoreJob.Run(tokens.length, new double[0])),
        RoutingOptions.DEFAULT,
        TraceOptions.NONE,
        Long.MAX_VALUE);
  }

  @Test
  void aCancelledScoreStopsComputing() throws Exception {
    restart(
        new SchedulerLimits(
            32, 64, LoadedModel.CHUNK, LoadedModel.CHUNK, true)); // one chunk a step
    int[] tokens = new Random(3).ints(1000, 3, 4096).toArray();
    List<CompletableFuture<ScoredTokens>> scores = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      scores.add(generator.score(job(tokens, 1)));
    }
    scores.forEach(score -> score.cancel(true));
    CollectingSink next = submit(new int[] {0}, greedy(1));
    next.end.get();
    assertThat(steps("prefill")).isLessThan(8 * 16);
  }

  @Test
  void aFailedChunkOfAPromptLetsNoTokenOut() throws Exception {
    FailingExperts experts = new FailingExperts(new LocalExpertLayer(demo.experts()));
    try (MoeModel model = DemoModel.with(experts, BLOCKS);
        BatchGenerator failing =
            BatchGenerator.start(
                model,
                INFO,
                new ByteCodec(),
                Set.of(1),
                new SchedulerLimits(32, 64, LoadedModel.CHUNK, 512, true),
                new BlockPool(BLOCKS, LoadedModel.BLOCK),
                new PrometheusRegistry(),
                () -> {})) {
      CollectingSink doomed = new CollectingSink();
      failing.submit(request(new Random(4).ints(65, 3, 4096).toArray(), greedy(4)), doomed);

      assertFailsWith(doomed, ErrorReason.ERROR_REASON_EXPERT_UNREACHABLE);
      assertThat(doomed.ids()).isEmpty();
      CollectingSink next = new CollectingSink();
      failing.submit(request(new int[] {0}, greedy(4)), next);
      assertThat(next.end.get().generatedTokens()).isEqualTo(4);
    }
  }

  /** Fails row 0 of the first call: a row of the first chunk. */
  private static final class FailingExperts implements ExpertLayer {
    private final ExpertLayer experts;
    private boolean failed;

    FailingExperts(ExpertLayer experts) {
      this.experts = experts;
    }

    @Override
    public CombinedRows forward(
        int layer,
        Phase phase,
        float[] hidden,
        Routing routing,
        CallScope scope,
        RoutingObserver observer) {
      CombinedRows all = experts.forward(layer, phase, hidden, routing, scope, observer);
      if (failed) {
        return all;
      }
      failed = true;
      ServingException lost = ServingException.expertUnreachable(layer, "3", "test", "gone", null);
      return new CombinedRows(all.values(), Map.of(0, lost));
    }
  }

  private void restart(SchedulerLimits limits) {
    generator.close();
    registry = new PrometheusRegistry();
    generator = start(limits);
  }

  private BatchGenerator start(SchedulerLimits limits) {
    return BatchGenerator.start(
        demo.model(),
        INFO,
        new ByteCodec(),
        Set.of(1),
        limits,
        new BlockPool(BLOCKS, LoadedModel.BLOCK),
        registry,
        () -> {});
  }

  private CollectingSink submit(int[] prompt, StoppingOptions stopping) {
    CollectingSink sink = new CollectingSink();
    generator.submit(request(prompt, stopping), sink);
    return sink;
  }

  private void assertRefused(ErrorReason reason) {
    assertThatThrownBy(() -> submit(new int[] {0}, greedy(3)))
        .isInstanceOfSatisfying(
            ServingException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  private static GenerationRequest request(int[] prompt, StoppingOptions stopping) {
    return new GenerationRequest(
        "r",
        prompt,
        SamplingOptions.GREEDY,
        1,
        stopping,
        RoutingOptions.DEFAULT,
        OptionalInt.empty(),
        TraceOptions.NONE,
        1,
        Long.MAX_VALUE);
  }

  private static StoppingOptions greedy(int tokens) {
    return new StoppingOptions(tokens, List.of(), true);
  }

  private static List<GenerationRequest> randomRequests(Random random, int count) {
    List<GenerationRequest> requests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      SamplingOptions sampling =
          SamplingOptions.of(0.5 + random.nextDouble(), random.nextInt(50), 0.95, 0)
              .withPenalties(new Penalties(1.1, 0.2, 0.1, 64))
              .withDry(new Dry(0.8, 1.75, 2, 0, Dry.DEFAULT_BREAKERS));
      requests.add(
          new GenerationRequest(
              "r" + i,
              random.ints(1 + random.nextInt(150), 3, 4096).toArray(),
              sampling,
              random.nextLong(),
              greedy(1 + random.nextInt(30)),
              RoutingOptions.DEFAULT,
              OptionalInt.empty(),
              TraceOptions.NONE,
              1,
              Long.MAX_VALUE));
    }
    return requests;
  }

  private static void assertFailsWith(CollectingSink sink, ErrorReason reason) {
    assertThatThrownBy(sink.end::get)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfSatisfying(
            ServingException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  private double gauge(String name) {
    return ((GaugeSnapshot) metric(name)).getDataPoints().get(0).getValue();
  }

  private double decodeSteps() {
    return steps("decode");
  }

  private double steps(String phase) {
    return ((CounterSnapshot) metric("ennead_steps"))
        .getDataPoints().stream()
            .filter(point -> phase.equals(point.getLabels().get("phase")))
            .findFirst()
            .orElseThrow()
            .getValue();
  }

  private MetricSnapshot metric(String name) {
    return registry.scrape(name::equals).stream().findFirst().orElseThrow();
  }
}
