package io.ennead.router.api;

import io.ennead.router.generate.ScoredToken;
import io.ennead.router.score.TextJob;
import io.ennead.router.score.TextScores;
import io.ennead.v1.ScoreStreamResponse;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** Scores as they come, so many tokens to a message. */
final class StreamedScores extends StreamedText<ScoreStreamResponse> {
  static final int TOKENS_PER_MESSAGE = 256;

  private final TextJob job;
  private final ScoreMessages messages;

  /** Scores of windows that are not sent, and how many tokens of the first and of the text are. */
  private final Deque<List<ScoredToken>> waiting = new ArrayDeque<>();

  private int sentOfFirst;
  private int sent;

  StreamedScores(
      ServerCallStreamObserver<ScoreStreamResponse> call,
      TextJob job,
      ScoreMessages messages,
      SlowReaders readers,
      Runnable release) {
    super(call, readers, release);
    this.job = job;
    this.messages = messages;
  }

  @Override
  public void scored(List<ScoredToken> tokens) {
    waiting.add(tokens);
    drain();
  }

  @Override
  boolean waiting() {
    return !waiting.isEmpty();
  }

  /** The next tokens of the text, of one window at most. */
  @Override
  ScoreStreamResponse next() {
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

  @Override
  void sent() {
    if (sent >= job.from() && sentOfFirst == waiting.element().size()) {
      waiting.remove();
      sentOfFirst = 0;
      taken();
    }
  }

  @Override
  void drop() {
    waiting.clear();
  }

  @Override
  ScoreStreamResponse summary(TextScores of) {
    return ScoreStreamResponse.newBuilder().setSummary(messages.summary(of)).build();
  }
}
