package io.ennead.router.score;

import com.google.common.util.concurrent.MoreExecutors;
import io.ennead.errors.ServingException;
import io.ennead.router.generate.ScoreJob;
import io.ennead.router.generate.ScoreJob.Detail;
import io.ennead.router.generate.ScoreJob.Run;
import io.ennead.router.generate.ScoredToken;
import io.ennead.router.generate.ScoredTokens;
import io.ennead.router.generate.Scorer;
import io.ennead.router.score.TextJob.LabelPasses;
import io.ennead.router.trace.TraceOptions;
import io.ennead.v1.ErrorReason;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The scoring of one text: sends its windows to the scorer, a few at a time, and hands their scores
 * on in order. A fit takes more passes over the windows, which compute everything again, since
 * logits are too large to keep.
 *
 * <p>Memory is bounded by the windows that are in flight or that the sink has not done with: {@link
 * #MAX_WINDOWS}, of {@link #MAX_TOKENS} together unless one is longer.
 *
 * <p>Events come from any thread and are handled one at a time, in order, by whichever thread
 * brought one. Nothing here blocks.
 */
public final class TextScoring {
  static final int MAX_WINDOWS = 4;
  static final int MAX_TOKENS = 16_384;

  private final Executor turn = MoreExecutors.newSequentialExecutor(MoreExecutors.directExecutor());
  private final Scorer scorer;
  private final TextJob job;
  private final ScoreSink sink;
  private final List<Window> windows;
  private final Fits fits;
  private final int places;
  private final Deque<Pending> inFlight = new ArrayDeque<>();
  private int next;
  private int held;
  private boolean firstPass = true;
  private boolean ended;
  private int tokens;
  private double logProb;
  private double entropy;

  /** Starts nothing; {@link #start()} does. */
  public TextScoring(Scorer scorer, TextJob job, ScoreSink sink) {
    this.scorer = scorer;
    this.job = job;
    this.sink = sink;
    this.windows = Window.of(job);
    this.fits = new Fits(job);
    this.places = places(job);
  }

  /** Of passes for labels there is one, so that the next finds its context in the prefix cache. */
  private static int places(TextJob job) {
    return job.labels().isPresent()
        ? 1
        : Math.max(1, Math.min(MAX_WINDOWS, MAX_TOKENS / job.window()));
  }

  /** Sends the first windows. */
  public void start() {
    handle(() -> {});
  }

  /** The sink is done with the scores of a window. */
  public void taken() {
    handle(() -> held--);
  }

  /** Ends everything; the sink is not called any more. */
  public void cancel() {
    handle(this::end);
  }

  /** Runs an event of the sink's in turn with those of the scoring. */
  public void handle(Runnable event) {
    turn.execute(
        () -> {
          try {
            event.run();
            advance();
          } catch (RuntimeException e) {
            fail(e);
          }
        });
  }

  private void advance() {
    handOn();
    while (!ended && next < windows.size() && inFlight.size() + held < places && send()) {
      handOn();
    }
    if (!ended && next == windows.size() && inFlight.isEmpty()) {
      endPass();
    }
  }

  /** Sends the next window; false when there is no place for it now. */
  private boolean send() {
    Window window = windows.get(next);
    List<Run> runs = fits.runs(window);
    if (firstPass || runs.stream().anyMatch(run -> run.inverseTemperatures().length > 0)) {
      CompletableFuture<ScoredTokens> scores = submit(window, runs);
      if (scores == null) {
        return false;
      }
      inFlight.add(new Pending(window, scores));
      var unused = scores.whenComplete((result, failure) -> handle(() -> {}));
    }
    next++;
    return true;
  }

  /**
   * Null when the queue is full of others' requests, while the end of a window will be heard of.
   */
  private @Nullable CompletableFuture<ScoredTokens> submit(Window window, List<Run> runs) {
    Optional<Detail> detail =
        firstPass && job.labels().isEmpty()
            ? Optional.of(new Detail(job.top(), job.temperatures().length))
            : Optional.empty();
    try {
      return scorer.score(
          new ScoreJob(
              window.tokens(job.tokens()),
              window.from() - window.begin(),
              detail,
              job.labels().map(LabelPasses::form),
              runs,
              job.routing(),
              firstPass ? job.trace() : TraceOptions.NONE,
              job.deadlineNanos(),
              job.claim()));
    } catch (ServingException e) {
      if (e.reason() == ErrorReason.ERROR_REASON_QUEUE_FULL && !inFlight.isEmpty()) {
        return null;
      }
      throw e;
    }
  }

  /** Hands on what is complete, in order. */
  private void handOn() {
    while (!ended && !inFlight.isEmpty() && inFlight.element().scores.isDone()) {
      Pending first = inFlight.remove();
      ScoredTokens scores = first.result();
      fits.add(first.window, scores.runs());
      if (firstPass) {
        scores.tokens().forEach(this::count);
        held++;
        give(scores);
        scores.trace().ifPresent(sink::traced);
      }
    }
  }

  private void give(ScoredTokens scores) {
    if (job.labels().isPresent()) {
      sink.labelled(scores.labels());
    } else {
      sink.scored(scores.tokens());
    }
  }

  private void count(ScoredToken token) {
    tokens++;
    logProb += token.logProb();
    entropy += token.entropy();
  }

  private void endPass() {
    firstPass = false;
    next = 0;
    if (fits.endPass()) {
      handle(() -> {});
      return;
    }
    ended = true;
    sink.finished(
        new TextScores(
            tokens, logProb, entropy, fits.temperatures(), fits.fit(), fits.windowFits()));
  }

  private void fail(RuntimeException failure) {
    if (!ended) {
      end();
      sink.failed(failure);
    }
  }

  private void end() {
    ended = true;
    inFlight.forEach(pending -> pending.scores.cancel(false));
    inFlight.clear();
  }

  /** A window that the scorer has. */
  private record Pending(Window window, CompletableFuture<ScoredTokens> scores) {
    ScoredTokens result() {
      try {
        return scores.join();
      } catch (CompletionException e) {
        throw e.getCause() instanceof RuntimeException cause ? cause : e;
      }
    }
  }
}
