package io.ennead.router.feedback;

import io.ennead.errors.ServingException;
import io.ennead.router.generate.FinishInfo;
import io.ennead.router.generate.GenerationRequest;
import io.ennead.router.generate.Piece;
import io.ennead.router.generate.TokenSink;
import java.util.concurrent.CompletableFuture;

/**
 * Remembers responses and takes ratings of them. Safe for use by several threads; {@link #close()}
 * ends the one that writes.
 */
public final class Feedback implements AutoCloseable {
  private final RecentResponses recent;
  private final FeedbackWriter writer;

  private Feedback(RecentResponses recent, FeedbackWriter writer) {
    this.recent = recent;
    this.writer = writer;
  }

  /**
   * Opens the database and starts the thread that writes.
   *
   * @throws IllegalArgumentException when the database cannot be opened
   */
  public static Feedback open(FeedbackOptions options) {
    RecentResponses recent =
        new RecentResponses(options.memoryBytes(), options.window(), System::nanoTime);
    return new Feedback(recent, FeedbackWriter.start(options, recent));
  }

  /** What a rating came to. */
  public enum Outcome {
    /** It is in the database. */
    RECORDED,
    /** The same rating was there already. */
    REPEATED
  }

  /** A sink that hands on and, when a continuation is complete, remembers it. */
  public TokenSink remembering(GenerationRequest request, String modelFingerprint, TokenSink sink) {
    return new TokenSink() {
      @Override
      public void piece(Piece piece) {
        sink.piece(piece);
      }

      @Override
      public void finished(FinishInfo info) {
        recent.add(response(request, modelFingerprint, info)); // before the client can know of it
        sink.finished(info);
      }

      @Override
      public void failed(ServingException failure) {
        sink.failed(failure);
      }
    };
  }

  private static RecentResponse response(
      GenerationRequest request, String modelFingerprint, FinishInfo info) {
    return new RecentResponse(
        new ResponseKey(request.responseId(), info.index()),
        request.claim().tenant().name(),
        modelFingerprint,
        info.profile(),
        info.generatedTokens(),
        info.decisions());
  }

  /**
   * Takes a rating; the future ends when it is durable. A response has one rating: the same again
   * changes nothing, another is refused.
   *
   * @throws ServingException QUEUE_FULL, at once; through the future RESPONSE_NOT_FOUND,
   *     ALREADY_RATED, INVALID_FIELD or FEEDBACK_UNAVAILABLE
   */
  public CompletableFuture<Outcome> record(ResponseKey key, Rating rating, String tenant) {
    return writer.record(key, rating, tenant);
  }

  /**
   * Deletes the ratings of a response, and forgets it; how many there were.
   *
   * @throws ServingException QUEUE_FULL, at once; through the future FEEDBACK_UNAVAILABLE
   */
  public CompletableFuture<Integer> delete(String responseId, String tenant) {
    return writer.delete(responseId, tenant);
  }

  @Override
  public void close() {
    writer.close();
  }
}
