package io.ennead.router.api.kserve;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import inference.ModelInferResponse;
import io.ennead.errors.ServingException;
import io.ennead.router.api.DegradedTrailer;
import io.ennead.router.generate.FinishInfo;
import io.ennead.router.generate.Generation;
import io.ennead.router.generate.GenerationRequest;
import io.ennead.router.generate.Piece;
import io.ennead.router.generate.TokenSink;
import java.util.Optional;

/**
 * Writes what a generation makes as responses: of each piece one where the request streams, else
 * one of all. Thread-safe.
 */
final class TextReplies implements TokenSink {
  private final TextQuery query;
  private final int[] prompt;
  private final TextWriter writer;
  private final Replies replies;
  private final ModelCounts counts;
  private final long begun;
  private final long readNanos;
  private final DegradedTrailer.Note trailer = DegradedTrailer.ofCall();

  @GuardedBy("this")
  private final double[] logprobs;

  @GuardedBy("this")
  private TextChunk chunk;

  @GuardedBy("this")
  private int unfinished;

  @GuardedBy("this")
  private long writtenNanos;

  @GuardedBy("this")
  private boolean ended;

  TextReplies(
      TextQuery query,
      GenerationRequest request,
      TextWriter writer,
      Replies replies,
      ModelCounts counts,
      long begun,
      long readNanos) {
    this.query = query;
    this.prompt = request.prompt();
    this.writer = writer;
    this.replies = replies;
    this.counts = counts;
    this.begun = begun;
    this.readNanos = readNanos;
    this.unfinished = request.continuations();
    this.logprobs = new double[unfinished];
    this.chunk = new TextChunk(logprobs);
  }

  /** The same generation; that it is cancelled counts as a failure. */
  Generation cancelling(Generation generation) {
    return () -> {
      failedOnce();
      generation.cancel();
    };
  }

  @Override
  public synchronized void piece(Piece piece) {
    boolean tells = piece.tokenIds().length > 0 || !piece.text().isEmpty();
    chunk.add(piece);
    if (query.stream() && tells) {
      written().ifPresent(replies::send);
    }
  }

  @Override
  public synchronized void finished(FinishInfo info) {
    trailer.add(info.degraded());
    chunk.add(info);
    unfinished--;
    if (unfinished > 0 && !query.stream()) {
      return;
    }
    Optional<ModelInferResponse> response = written();
    if (unfinished > 0) {
      response.ifPresent(replies::send);
    } else if (response.isPresent()) {
      succeeded(info);
      replies.last(response.get());
    }
  }

  /** What cannot be written is this request's failure, not that of those in its batch. */
  @GuardedBy("this")
  private Optional<ModelInferResponse> written() {
    try {
      return Optional.of(take());
    } catch (RuntimeException e) {
      failedOnce();
      replies.fail(e);
      return Optional.empty();
    }
  }

  @GuardedBy("this")
  private ModelInferResponse take() {
    long start = System.nanoTime();
    TextChunk taken = chunk;
    chunk = new TextChunk(logprobs);
    ModelInferResponse response = writer.write(query, prompt, taken);
    writtenNanos += System.nanoTime() - start;
    return response;
  }

  @GuardedBy("this")
  private void succeeded(FinishInfo info) {
    if (!ended) {
      ended = true;
      counts.succeeded(
          new ModelCounts.Nanos(
              System.nanoTime() - begun, readNanos, info.queued().toNanos(), writtenNanos));
    }
  }

  /** The failure of one continuation ends the others too. */
  @Override
  public void failed(ServingException failure) {
    failedOnce();
    replies.fail(query.names().translate(failure));
  }

  private synchronized void failedOnce() {
    if (!ended) {
      ended = true;
      counts.failed(System.nanoTime() - begun);
    }
  }
}
