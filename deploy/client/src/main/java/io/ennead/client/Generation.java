package io.ennead.client;

import io.ennead.errors.ServingException;
import io.ennead.v1.GenerateResponse;
import io.grpc.Context;
import io.grpc.Status;
import java.util.Iterator;

/**
 * The pieces of one continuation, in order; the last one carries the finish. Reading blocks until
 * the next piece is there and throws {@link ServingException} when the request failed.
 *
 * <p>One thread reads; any thread may {@link #cancel()}. Closing cancels what still runs, so that
 * leaving early frees the server's memory.
 */
public final class Generation implements Iterator<GenerateResponse>, AutoCloseable {
  private final Context.CancellableContext context;
  private final Iterator<GenerateResponse> pieces;

  Generation(Context.CancellableContext context, Iterator<GenerateResponse> pieces) {
    this.context = context;
    this.pieces = pieces;
  }

  @Override
  public boolean hasNext() {
    return EnneadClient.typed(pieces::hasNext);
  }

  @Override
  public GenerateResponse next() {
    return EnneadClient.typed(pieces::next);
  }

  /** Ends the request; a reader gets an error of reason CANCELLED. */
  public void cancel() {
    context.cancel(Status.CANCELLED.withDescription("cancelled by the caller").asException());
  }

  @Override
  public void close() {
    cancel();
  }
}
