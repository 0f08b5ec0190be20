package io.ennead.router.api;

import io.ennead.node.GrpcErrors;
import io.ennead.router.generate.ScoredToken;
import io.ennead.router.score.TextJob;
import io.ennead.router.score.TextScores;
import io.ennead.router.score.TextScoring;
import io.ennead.v1.ScoreStreamResponse;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends scores as they come, while the transport takes them; what it does not take waits here, and
 * the scoring waits with it, until the client has taken nothing for too long. Called in turn with
 * the scoring's own events.
 */
final class StreamedScores implements ScoreCalls.Writer {
  static final int TOKENS_PER_MESSAGE = 256;

  private final ServerCallStreamObserver<ScoreStreamResponse> call;
  private final TextJob job;
  private final ScoreMessages messages;

  /** Scores of windows that are not sent, and how many tokens of the first and of the text are. */
  private final Deque<List<ScoredToken>> waiting = new ArrayDeque<>();

  private final SlowReaders readers;
  private final Runnable release;
  private int sentOfFirst;
  private int sent;
  private @Nullable TextScores summary;
  private boolean closed;
  private @Nullable TextScoring scoring;
  private SlowReaders.@Nullable Watch watch;

  StreamedScores(
      ServerCallStreamObserver<ScoreStreamResponse> call,
      TextJob job,
      ScoreMessages messages,
      SlowReaders readers,
      Runnable release) {
    this.call = call;
    this.job = job;
    this.messages = messages;
    this.readers = readers;
    this.release = release;
  }

  @Override
  public void attach(TextScoring started) {
    scoring = started;
    watch = readers.over(() -> started.handle(this::stalled));
    call.setOnReadyHandler(() -> started.handle(this::drain));
  }

  @Override
  public void scored(List<ScoredToken> tokens) {
    waiting.add(tokens);
    drain();
  }

  @Override
  public void finished(TextScores scores) {
    summary = scores;
    drain();
  }

  @Override
  public void failed(Throwable failure) {
    close(() -> call.onError(GrpcErrors.toStatus(failure)));
  }

  private void stalled() {
    if (open() && scoring != null) {
      scoring.cancel();
      close(() -> call.onError(GrpcErrors.toStatus(readers.stalled())));
    }
  }

  private boolean open() {
    return !closed && !call.isCancelled();
  }

  private void close(Runnable ending) {
    if (open()) {
      closed = true;
      waiting.clear();
      ending.run();
      release.run();
    }
  }

  private void drain() {
    boolean moved = false;
    while (open() && call.isReady() && !waiting.isEmpty()) {
      call.onNext(next());
      moved = true;
      if (sent >= job.from() && sentOfFirst == waiting.element().size()) {
        waiting.remove();
        sentOfFirst = 0;
        taken();
      }
    }
    TextScores scores = summary;
    if (waiting.isEmpty() && scores != null) {
      close(() -> complete(scores));
    }
    if (watch != null) {
      watch.note(open() && !waiting.isEmpty(), moved);
    }
  }

  private void complete(TextScores scores) {
    call.onNext(ScoreStreamResponse.newBuilder().setSummary(messages.summary(scores)).build());
    call.onCompleted();
  }

  private void taken() {
    if (scoring != null) {
      scoring.taken();
    }
  }

  /** The next tokens of the text, of one window at most. */
  private ScoreStreamResponse next() {
    ScoreStreamResponse.Builder message = ScoreStreamResponse.newBuilder();
    List<ScoredToken> scored = waiting.element();
    while (message.getTokensCount() < TOKENS_PER_MESSAGE) {
      if (sent < job.from()) {
        message.addTokens(messages.token(sent++));
      } else if (sentOfFirst < scored.size()) {
        message.addTokens(messages.token(sent++, scored.get(sentOfFirst++)));
      } else {
        break;
      }
    }
    return message.build();
  }
}
