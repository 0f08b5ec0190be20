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
 * the scoring waits with it. Called in turn with the scoring's own events.
 */
final class StreamedScores implements ScoreCalls.Writer {
  static final int TOKENS_PER_MESSAGE = 256;

  private final ServerCallStreamObserver<ScoreStreamResponse> call;
  private final TextJob job;
  private final ScoreMessages messages;

  /** Scores of windows that are not sent, and how many tokens of the first and of the text are. */
  private final Deque<List<ScoredToken>> waiting = new ArrayDeque<>();

  private int sentOfFirst;
  private int sent;
  private @Nullable TextScores summary;
  private @Nullable TextScoring scoring;

  StreamedScores(
      ServerCallStreamObserver<ScoreStreamResponse> call, TextJob job, ScoreMessages messages) {
    this.call = call;
    this.job = job;
    this.messages = messages;
  }

  @Override
  public void attach(TextScoring started) {
    scoring = started;
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
    if (!call.isCancelled()) {
      call.onError(GrpcErrors.toStatus(failure));
    }
  }

  private void drain() {
    while (call.isReady() && !call.isCancelled() && !waiting.isEmpty()) {
      call.onNext(next());
      if (sent >= job.from() && sentOfFirst == waiting.element().size()) {
        waiting.remove();
        sentOfFirst = 0;
        taken();
      }
    }
    if (waiting.isEmpty() && summary != null && !call.isCancelled()) {
      call.onNext(ScoreStreamResponse.newBuilder().setSummary(messages.summary(summary)).build());
      call.onCompleted();
      summary = null;
    }
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
