package io.ennead.learn.labels;

import io.ennead.node.DaemonThreads;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Does work ahead of who needs its results, several pieces at a time, and hands them out in order.
 * At most {@code ahead} results are there or under way. One thread takes; closing ends the others.
 *
 * @param <T> results
 */
public final class Prefetch<T> implements AutoCloseable {
  private final ExecutorService workers;
  private final Iterator<Callable<T>> work;
  private final int ahead;
  private final Deque<Future<T>> results = new ArrayDeque<>();

  private Prefetch(ExecutorService workers, Iterator<Callable<T>> work, int ahead) {
    this.workers = workers;
    this.work = work;
    this.ahead = ahead;
  }

  /** Begins to work. */
  public static <T> Prefetch<T> start(Iterator<Callable<T>> work, int threads, int ahead) {
    ExecutorService workers =
        Executors.newFixedThreadPool(threads, DaemonThreads.named("prefetch"));
    Prefetch<T> prefetch = new Prefetch<>(workers, work, ahead);
    prefetch.fill();
    return prefetch;
  }

  private void fill() {
    while (results.size() < ahead && work.hasNext()) {
      results.add(workers.submit(work.next()));
    }
  }

  /** The next result; waits for it. What its piece of work failed with is thrown as it was. */
  public T next() throws IOException, InterruptedException {
    Future<T> first = results.remove();
    try {
      T result = first.get();
      fill();
      return result;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      throw new IOException(e.getCause());
    }
  }

  @Override
  public void close() {
    workers.shutdownNow();
  }
}
