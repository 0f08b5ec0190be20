package io.ennead.router.api;

import io.ennead.node.GrpcErrors;
import io.ennead.router.generate.ScoreTrace;
import io.ennead.router.generate.ScoredToken;
import io.ennead.router.score.TextJob;
import io.ennead.router.score.TextScores;
import io.ennead.router.score.TextScoring;
import io.ennead.v1.ScoreResponse;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers with all scores in one message. */
final class WholeScores implements ScoreCalls.Writer {
  private final ServerCallStreamObserver<ScoreResponse> call;
  private final ScoreMessages messages;
  private final SlowReaders readers;
  private final Runnable release;
  private final ScoreResponse.Builder response = ScoreResponse.newBuilder();
  private @Nullable TextScoring scoring;

  WholeScores(
      ServerCallStreamObserver<ScoreResponse> call,
      TextJob job,
      ScoreMessages messages,
      SlowReaders readers,
      Runnable release) {
    this.call = call;
    this.messages = messages;
    this.readers = readers;
    this.release = release;
    for (int i = 0; i < job.from(); i++) {
      response.addTokens(messages.token(i));
    }
  }

  @Override
  public void attach(TextScoring started) {
    scoring = started;
  }

  @Override
  public void scored(List<ScoredToken> tokens) {
    tokens.forEach(token -> response.addTokens(messages.token(response.getTokensCount(), token)));
    if (scoring != null) {
      scoring.taken();
    }
  }

  @Override
  public void traced(ScoreTrace trace) {
    trace.pieces().forEach(piece -> response.addTraces(TraceMessages.trace(piece)));
    response.addTraces(TraceMessages.summary(trace.routing()));
  }

  @Override
  public void finished(TextScores scores) {
    if (!call.isCancelled()) {
      scores.perplexity().ifPresent(response::setPerplexity);
      call.onNext(response.setSummary(messages.summary(scores)).build());
      leave(call.isReady());
      call.onCompleted();
    }
  }

  /** What the client has yet to read keeps its place, as its memory is taken, but not for ever. */
  private void leave(boolean taken) {
    if (taken) {
      release.run();
    } else {
      readers.afterStall(release);
    }
  }

  @Override
  public void failed(Throwable failure) {
    if (!call.isCancelled()) {
      call.onError(GrpcErrors.toStatus(failure));
      release.run();
    }
  }
}
