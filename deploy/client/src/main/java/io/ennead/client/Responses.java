package io.ennead.client;

import io.ennead.errors.ServingException;
import io.grpc.Context;
import io.grpc.Status;
import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Function;

/**
 * The responses of one call, in order. Reading blocks until the next one is there and throws {@link
 * ServingException} when the request failed; a request that fails before its first response is made
 * again as the client's {@link RetryPolicy} says. What is not read is not sent: the server holds it
 * back, and cuts off who reads nothing for too long.
 *
 * <p>One thread reads; any thread may {@link #cancel()}. Closing cancels what still runs, so that
 * leaving early frees the server's memory.
 */
abstract class Responses<T> implements Iterator<T>, AutoCloseable {
  private final Context.CancellableContext context = Context.ROOT.withCancellation();
  private final Retries retries;
  private final Retries.Tries tries;
  private final Function<Duration, Iterator<T>> call;
  private Iterator<T> responses;
  private boolean begun;

  /** Starts the call, which is told its time limit. */
  Responses(Retries retries, Duration limit, Function<Duration, Iterator<T>> call) {
    this.retries = retries;
    this.tries = retries.begin(limit);
    this.call = call;
    this.responses = start();
  }

  /** In a context of its own: a call belongs to the context that starts it. */
  private Iterator<T> start() {
    Context before = context.attach();
    try {
      return call.apply(tries.left());
    } finally {
      context.detach(before);
    }
  }

  @Override
  public boolean hasNext() {
    while (!begun) {
      try {
        boolean more = EnneadClient.typed(responses::hasNext);
        begun = true;
        retries.succeeded();
        return more;
      } catch (ServingException e) {
        tries.pause(e);
        responses = start();
      }
    }
    return EnneadClient.typed(responses::hasNext);
  }

  @Override
  public T next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return responses.next();
  }

  /** Ends the request; a reader gets an error of reason CANCELLED. */
  public void cancel() {
    tries.stop();
    context.cancel(Status.CANCELLED.withDescription("cancelled by the caller").asException());
  }

  @Override
  public void close() {
    cancel();
  }
}
