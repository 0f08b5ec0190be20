package io.ennead.client;

import io.ennead.errors.ServingException;
import io.grpc.Context;
import io.grpc.Status;
import java.util.Iterator;
import java.util.function.Supplier;

/**
 * The responses of one call, in order. Reading blocks until the next one is there and throws {@link
 * ServingException} when the request failed.
 *
 * <p>One thread reads; any thread may {@link #cancel()}. Closing cancels what still runs, so that
 * leaving early frees the server's memory.
 */
abstract class Responses<T> implements Iterator<T>, AutoCloseable {
  private final Context.CancellableContext context = Context.ROOT.withCancellation();
  private final Iterator<T> responses;

  /** Starts the call, in a context of its own: a call belongs to the context that starts it. */
  Responses(Supplier<Iterator<T>> call) {
    Context before = context.attach();
    try {
      responses = call.get();
    } finally {
      context.detach(before);
    }
  }

  @Override
  public boolean hasNext() {
    return EnneadClient.typed(responses::hasNext);
  }

  @Override
  public T next() {
    return EnneadClient.typed(responses::next);
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
