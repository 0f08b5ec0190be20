package io.ennead.expert.batch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.ennead.errors.ServingException;
import io.ennead.v1.ErrorReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Waiting calls in order of arrival, bounded in rows and bytes (or one call, if that has more
 * bytes), and whose turn it is: one thread at a time runs the engine, from {@link #enter} or {@link
 * #take} to {@link #leave}. Thread-safe.
 */
final class CallQueue {
  // A queue that is full empties within a few batches; sooner is of no use, later wastes the node.
  private static final Duration RETRY_AFTER = Duration.ofMillis(50);

  private final BatchLimits limits;

  // A set, so that a cancelled call leaves at once from wherever it stands.
  @GuardedBy("this")
  private final Set<Call> waiting = new LinkedHashSet<>();

  @GuardedBy("this")
  private int rows;

  @GuardedBy("this")
  private long bytes;

  @GuardedBy("this")
  private boolean closed;

  /** Somebody runs the engine. */
  @GuardedBy("this")
  private boolean busy;

  CallQueue(BatchLimits limits) {
    this.limits = limits;
  }

  /**
   * Appends a call.
   *
   * @throws ServingException TOO_MANY_TOKENS for a call that never fits, QUEUE_FULL for one that
   *     does not fit now, NODE_DRAINING after {@link #close}
   */
  synchronized void add(Call call) {
    requireFits(call);
    if (closed) {
      throw ServingException.draining();
    }
    if (call.size() > limits.maxQueuedRows() - rows) {
      throw ServingException.queueFull("expert rows", limits.maxQueuedRows(), RETRY_AFTER);
    }
    // The transport bounds the bytes of one call, and what it admits must be computable: an empty
    // queue takes it.
    if (bytes > 0 && call.bytes() > limits.maxQueuedBytes() - bytes) {
      throw ServingException.queueFull("expert bytes", limits.maxQueuedBytes(), RETRY_AFTER);
    }
    waiting.add(call);
    count(call, 1);
    if (!busy) { // else whoever leaves will
      notifyAll();
    }
  }

  /** Takes the turn for a call that need not be queued, if it is small and nobody is before it. */
  synchronized boolean enter(Call call) {
    if (busy || closed || !waiting.isEmpty() || call.size() > limits.maxInlineRows()) {
      return false;
    }
    busy = true;
    return true;
  }

  /** Ends the turn. */
  synchronized void leave() {
    busy = false;
    if (closed || !waiting.isEmpty()) {
      notifyAll();
    }
  }

  private void requireFits(Call call) {
    if (call.size() > limits.maxQueuedRows()) {
      throw ServingException.field(
          ErrorReason.ERROR_REASON_TOO_MANY_TOKENS,
          "rows",
          call.size(),
          "at most " + limits.maxQueuedRows());
    }
  }

  /** Takes out a call; false when it is not waiting, or no longer. */
  synchronized boolean remove(Call call) {
    boolean removed = waiting.remove(call);
    if (removed) {
      count(call, -1);
    }
    return removed;
  }

  /**
   * Takes the turn for the first call and all that may run with it; waits for one. Empty after
   * {@link #close}.
   */
  synchronized List<Call> take() throws InterruptedException {
    while (busy || (waiting.isEmpty() && !closed)) {
      wait();
    }
    busy = !waiting.isEmpty();
    List<Call> batch = new ArrayList<>();
    int room = limits.maxBatchRows();
    for (Iterator<Call> calls = waiting.iterator(); calls.hasNext(); ) {
      Call call = calls.next();
      if (batch.isEmpty() || (call.joins(batch.get(0)) && call.size() <= room)) {
        calls.remove();
        count(call, -1);
        batch.add(call);
        room -= call.size();
      }
    }
    return batch;
  }

  /** Refuses calls from now on and hands out those that wait. */
  synchronized List<Call> close() {
    closed = true;
    List<Call> left = List.copyOf(waiting);
    waiting.clear();
    rows = 0;
    bytes = 0;
    notifyAll();
    return left;
  }

  synchronized int rows() {
    return rows;
  }

  @GuardedBy("this")
  private void count(Call call, int sign) {
    rows += sign * call.size();
    bytes += sign * call.bytes();
  }
}
