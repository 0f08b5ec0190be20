package io.ennead.router.api;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.ennead.errors.ServingException;
import io.ennead.router.generate.FinishInfo;
import io.ennead.router.generate.Piece;
import io.ennead.router.generate.TokenSink;
import io.ennead.v1.GenerateResponse;

/** Writes what a generation makes as one stream of messages. Thread-safe. */
final class ResponseStream implements TokenSink {
  private final Outbox<GenerateResponse> outbox;
  private final String responseId;
  private final DegradedTrailer.Note trailer = DegradedTrailer.ofCall();

  @GuardedBy("this")
  private int unfinished = 1;

  ResponseStream(Outbox<GenerateResponse> outbox, String responseId) {
    this.outbox = outbox;
    this.responseId = responseId;
  }

  /** Says how many continuations end before the response does; one unless told. */
  synchronized void expect(int continuations) {
    unfinished = continuations;
  }

  @Override
  public void piece(Piece piece) {
    outbox.send(Responses.piece(responseId, piece));
  }

  @Override
  public synchronized void finished(FinishInfo info) {
    trailer.add(info.degraded());
    outbox.sendLast(Responses.finish(responseId, info));
    unfinished--;
    if (unfinished == 0) {
      outbox.complete();
    }
  }

  /** The failure of one continuation ends the others too. */
  @Override
  public void failed(ServingException failure) {
    outbox.fail(failure);
  }
}
