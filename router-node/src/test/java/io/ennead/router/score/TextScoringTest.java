package io.ennead.router.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ennead.errors.ServingException;
import io.ennead.router.generate.FakeScorer;
import io.ennead.router.generate.ScoreJob;
import io.ennead.router.generate.ScoredToken;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.sample.LogProbs;
import io.ennead.router.score.SlowFit.Place;
import io.ennead.router.trace.TraceOptions;
import io.ennead.v1.ErrorReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Windows and passes over a model of hashes, against scores taken token by token. */
@Timeout(60)
class TextScoringTest {
  private static final int VOCABULARY = 30;

  private final FakeScorer scorer = new FakeScorer(VOCABULARY);

  /** Remembers what came; done with a window at once, or when a test says so. */
  private static final class Sink implements ScoreSink {
    final List<ScoredToken> tokens = new ArrayList<>();
    boolean slow;
    @Nullable TextScores scores;
    @Nullable Throwable failure;
    @Nullable TextScoring scoring;

    @Override
    public void scored(List<ScoredToken> scored) {
      tokens.addAll(scored);
      if (!slow) {
        scoring.taken();
      }
    }

    @Override
    public void finished(TextScores finished) {
      scores = finished;
    }

    @Override
    public void failed(Throwable failed) {
      failure = failed;
    }
  }

  /** A text of random tokens and how to score it. */
  private record Text(long seed, TextJob job) {
    static Text random(long seed) {
      Random random = new Random(seed);
      int length = 1 + random.nextInt(80);
      int window = 2 + random.nextInt(30);
      return new Text(
          seed,
          new TextJob(
              random.ints(length, 0, VOCABULARY).toArray(),
              1 + random.nextInt(Math.max(1, length - 1)),
              window,
              1 + random.nextInt(window - 1),
              new double[] {0.7, Double.NEGATIVE_INFINITY, -2, 1},
              2,
              true,
              random.nextBoolean() ? OptionalInt.of(1 + random.nextInt(20)) : OptionalInt.empty(),
              RoutingOptions.DEFAULT,
              TraceOptions.NONE,
              Long.MAX_VALUE));
    }

    /** The places that count, each with the logits that its window gives it. */
    List<Place> places() {
      List<Place> places = new ArrayList<>();
      int begin = 0;
      for (int i = 1; i < job.tokens().length; i++) {
        while (i >= begin + job.window()) {
          begin += job.stride();
        }
        if (i >= job.from()) {
          int[] context = Arrays.copyOfRange(job.tokens(), begin, i);
          places.add(new Place(FakeScorer.logits(context, VOCABULARY), job.tokens()[i]));
        }
      }
      return places;
    }
  }

  private Sink run(TextJob job) {
    Sink sink = new Sink();
    sink.scoring = new TextScoring(scorer, job, sink);
    sink.scoring.start();
    return sink;
  }

  @Test
  void everyTokenHasTheScoreOfItsOwnWindow() {
    for (long seed = 1; seed <= 100; seed++) {
      Text text = Text.random(seed);
      List<Place> places = text.places();
      Sink sink = run(text.job());
      assertThat(sink.tokens).as("seed %d", seed).hasSize(places.size());
      double logProb = 0;
      double entropy = 0;
      for (int i = 0; i < places.size(); i++) {
        Place place = places.get(i);
        LogProbs expected = LogProbs.of(place.logits(), 0, VOCABULARY);
        ScoredToken token = sink.tokens.get(i);
        assertThat(token.logProb()).as("seed %d", seed).isEqualTo(expected.of(place.token()));
        assertThat(token.top()).isEqualTo(expected.top(2));
        assertThat(token.tempered()).hasSize(4);
        assertThat(token.tempered()[3]).isEqualTo(token.logProb());
        logProb += token.logProb();
        entropy += token.entropy();
      }
      assertThat(sink.scores.tokens()).isEqualTo(places.size());
      assertThat(sink.scores.logProb()).isEqualTo(logProb);
      assertThat(sink.scores.entropy()).isEqualTo(entropy);
    }
  }

  @Test
  void theWholeTextAndEachRunHaveTheFitsOfTheirOwnTokens() {
    for (long seed = 1; seed <= 100; seed++) {
      Text text = Text.random(seed);
      List<Place> places = text.places();
      TextScores scores = run(text.job()).scores;
      String what = "seed %d".formatted(seed);
      same(what, scores.fit().orElseThrow(), new SlowFit(places).solved().fit());
      int length = text.job().fitWindow().orElse(Integer.MAX_VALUE);
      if (length == Integer.MAX_VALUE) {
        assertThat(scores.windowFits()).isEmpty();
        continue;
      }
      assertThat(scores.windowFits()).hasSize((places.size() + length - 1) / length);
      for (int run = 0; run < scores.windowFits().size(); run++) {
        int end = Math.min(places.size(), (run + 1) * length);
        SlowFit expected = new SlowFit(places.subList(run * length, end));
        same(what + " run " + run, scores.windowFits().get(run), expected.solved().fit());
      }
    }
  }

  private static void same(String what, TemperatureFit fit, TemperatureFit expected) {
    assertThat(fit.result()).as(what).isEqualTo(expected.result());
    if (fit.result() == TemperatureFit.Result.FOUND) {
      double b = expected.inverseTemperature();
      double precision = Math.max(1e-9 * Math.abs(b), 1e-12);
      assertThat(fit.inverseTemperature()).as(what).isCloseTo(b, within(2 * precision));
      assertThat(fit.logLikelihood()).as(what).isCloseTo(expected.logLikelihood(), within(1e-9));
    }
  }

  @Test
  void sumsAtTheTemperaturesAskedForAreThoseOfAllTokens() {
    for (long seed = 1; seed <= 50; seed++) {
      Text text = Text.random(seed);
      TextScores scores = run(text.job()).scores;
      double[] inverses = {1 / 0.7, 0, -0.5, 1};
      for (int i = 0; i < 4; i++) {
        var expected = new SlowFit(text.places()).at(inverses[i]);
        var sum = scores.temperatures().get(i);
        assertThat(sum.logLikelihood())
            .as("seed %d", seed)
            .isCloseTo(expected.logLikelihood(), within(1e-9));
        assertThat(sum.slope()).isCloseTo(expected.slope(), within(1e-9));
        assertThat(sum.curvature()).isCloseTo(expected.curvature(), within(1e-9));
      }
    }
  }

  @Test
  void withoutAFitThereIsOnePassAndNothingMoreThanTheTokens() {
    Sink sink = run(plain(50, 10, 5));
    assertThat(scorer.jobs).hasSize(9);
    assertThat(scorer.jobs).allMatch(job -> job.detail().isPresent());
    assertThat(scorer.jobs).allMatch(job -> job.runs().get(0).inverseTemperatures().length == 0);
    assertThat(sink.scores.fit()).isEmpty();
    assertThat(sink.scores.perplexity().getAsDouble())
        .isEqualTo(StrictMath.exp(-sink.scores.logProb() / 49));
  }

  @Test
  void aFitTakesFourPassesAtMostForARandomTextAndLaterOnesTellNoTokens() {
    TextJob job = job(plain(200, 20, 10), true, OptionalInt.empty());
    Sink sink = run(job);
    int windows = Window.of(job).size();
    assertThat(scorer.jobs.size() / windows).isBetween(2, 4);
    assertThat(scorer.jobs.subList(windows, scorer.jobs.size()))
        .allMatch(later -> later.detail().isEmpty());
    assertThat(sink.tokens).hasSize(199);
  }

  @Test
  void windowsWithoutAnUnfinishedRunAreLeftOutOfLaterPasses() {
    int[] tokens = argmaxes(40);
    tokens[39] = (tokens[39] + 1) % VOCABULARY;
    TextJob job = job(plain(40, 10, 5), tokens, true, OptionalInt.of(3));
    TextScores scores = run(job).scores;
    assertThat(scores.windowFits().subList(0, 12))
        .allMatch(fit -> fit.result() == TemperatureFit.Result.ZERO);
    assertThat(scores.windowFits().get(12).result()).isEqualTo(TemperatureFit.Result.FOUND);
    List<ScoreJob> later = scorer.jobs.stream().filter(one -> one.detail().isEmpty()).toList();
    assertThat(later).isNotEmpty();
  }

  /** A text that always goes on with the most likely token, in windows of 10 and stride 5. */
  private static int[] argmaxes(int length) {
    int[] tokens = new int[length];
    int begin = 0;
    for (int i = 1; i < length; i++) {
      while (i >= begin + 10) {
        begin += 5;
      }
      float[] logits = FakeScorer.logits(Arrays.copyOfRange(tokens, begin, i), VOCABULARY);
      tokens[i] = LogProbs.of(logits, 0, VOCABULARY).top(1).get(0).id();
    }
    return tokens;
  }

  @Test
  void aTextOfArgmaxesHasTemperatureZeroAfterOnePass() {
    TextJob job = job(plain(40, 10, 5), argmaxes(40), true, OptionalInt.of(7));
    TextScores scores = run(job).scores;
    assertThat(scores.fit().orElseThrow().result()).isEqualTo(TemperatureFit.Result.ZERO);
    assertThat(scorer.jobs).hasSize(Window.of(job).size());
  }

  @Test
  void aSingleTokenHasNoScoreAndNoFit() {
    TextScores scores = run(job(plain(1, 10, 5), true, OptionalInt.of(2))).scores;
    assertThat(scores.tokens()).isZero();
    assertThat(scores.perplexity()).isEmpty();
    assertThat(scores.meanEntropy()).isEmpty();
    assertThat(scores.windowFits()).isEmpty();
    assertThat(scores.fit().orElseThrow().result())
        .isEqualTo(TemperatureFit.Result.NOT_IDENTIFIABLE);
  }

  @Test
  void fewWindowsAreInFlightAndTheirScoresComeInOrder() {
    scorer.hold();
    Sink sink = run(plain(60, 10, 5));
    assertThat(scorer.heldCount()).isEqualTo(TextScoring.MAX_WINDOWS);
    scorer.answer(false);
    assertThat(sink.tokens).isEmpty();
    assertThat(scorer.heldCount()).isEqualTo(TextScoring.MAX_WINDOWS - 1);
    while (scorer.heldCount() > 0) {
      scorer.answer(true);
    }
    assertThat(sink.tokens).hasSize(59);
    assertThat(sink.scores).isNotNull();
  }

  @Test
  void aLongWindowIsAloneInFlight() {
    scorer.hold();
    run(plain(60_000, TextScoring.MAX_TOKENS + 1, 5000));
    assertThat(scorer.heldCount()).isEqualTo(1);
  }

  @Test
  void aSinkThatIsNotDoneHoldsTheWindowsBack() {
    Sink sink = new Sink();
    sink.slow = true;
    sink.scoring = new TextScoring(scorer, plain(60, 10, 5), sink);
    sink.scoring.start();
    assertThat(scorer.jobs).hasSize(TextScoring.MAX_WINDOWS);
    sink.scoring.taken();
    assertThat(scorer.jobs).hasSize(TextScoring.MAX_WINDOWS + 1);
    sink.slow = false;
    for (int i = 0; i < TextScoring.MAX_WINDOWS; i++) {
      sink.scoring.taken();
    }
    assertThat(sink.tokens).hasSize(59);
    assertThat(sink.scores).isNotNull();
  }

  @Test
  void cancellingEndsWhatIsInFlightAndTellsTheSinkNothing() {
    scorer.hold();
    Sink sink = run(plain(60, 10, 5));
    sink.scoring.cancel();
    assertThat(scorer.answers).allMatch(CompletableFuture::isCancelled);
    scorer.answer(true);
    assertThat(sink.tokens).isEmpty();
    assertThat(sink.failure).isNull();
    assertThat(scorer.jobs).hasSize(TextScoring.MAX_WINDOWS);
  }

  @Test
  void aWindowThatFailsEndsTheTextAndTheOthers() {
    scorer.hold();
    Sink sink = run(plain(60, 10, 5));
    scorer.answers.get(0).completeExceptionally(ServingException.deadlineExceeded("late"));
    assertThat(sink.failure).isInstanceOf(ServingException.class).hasMessageContaining("late");
    assertThat(scorer.answers.subList(1, 4)).allMatch(CompletableFuture::isCancelled);
  }

  @Test
  void aFullQueueIsWaitedForWhileAWindowIsInFlightAndElseFails() {
    scorer.hold();
    Sink sink = run(plain(60, 10, 5));
    ServingException full = ServingException.queueFull("q", 1, Duration.ofSeconds(1));
    scorer.refuse(full);
    scorer.answer(true);
    assertThat(sink.failure).isNull();
    assertThat(scorer.jobs).hasSize(4);
    scorer.refuse(null);
    scorer.answer(true);
    assertThat(scorer.jobs).hasSize(6);
    scorer.refuse(full);
    while (scorer.heldCount() > 0) {
      scorer.answer(true);
    }
    assertThat(((ServingException) sink.failure).reason())
        .isEqualTo(ErrorReason.ERROR_REASON_QUEUE_FULL);
    assertThat(sink.scores).isNull();
  }

  private static TextJob plain(int length, int window, int stride) {
    return new TextJob(
        new Random(length).ints(length, 0, VOCABULARY).toArray(),
        1,
        window,
        stride,
        new double[0],
        0,
        false,
        OptionalInt.empty(),
        RoutingOptions.DEFAULT,
        TraceOptions.NONE,
        Long.MAX_VALUE);
  }

  private static TextJob job(TextJob job, boolean fit, OptionalInt fitWindow) {
    return job(job, job.tokens(), fit, fitWindow);
  }

  private static TextJob job(TextJob job, int[] tokens, boolean fit, OptionalInt fitWindow) {
    return new TextJob(
        tokens,
        job.from(),
        job.window(),
        job.stride(),
        job.temperatures(),
        job.top(),
        fit,
        fitWindow,
        job.routing(),
        TraceOptions.NONE,
        job.deadlineNanos());
  }
}
