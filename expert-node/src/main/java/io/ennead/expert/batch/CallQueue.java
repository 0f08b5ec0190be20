package io.ennead.expert.batch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.ennead.errors.ServingException;
import io.ennead.v1.ErrorReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Waiting calls in order of arrival, callers taking turns, bounded in rows and bytes (or one call,
 * if that has more bytes), and whose turn it is: one thread at a time runs the engine, from {@link
 * #enter} or {@link #take} to {@link #leave}. Thread-safe.
 */
final class CallQueue {
  // A queue that is full empties within a few batches; sooner is of no use, later wastes the node.
  private static final Duration RETRY_AFTER = Duration.ofMillis(50);
  private static final double WEIGHT_OF_LATEST = 0.1;

  /** Callers that are remembered; more have gone by than there can be routers. */
  private static final int MAX_CALLERS = 1024;

  private final BatchLimits limits;

  // A set, so that a cancelled call leaves at once from wherever it stands.
  @GuardedBy("this")
  private final Set<Call> waiting = new LinkedHashSet<>();

  @GuardedBy("this")
  private int rows;

  @GuardedBy("this")
  private long bytes;

  @GuardedBy("this")
  private double nanosPerRow;

  /** Number of the turn that each caller had last, while calls wait. */
  @GuardedBy("this")
  private final Map<String, Long> turns = new HashMap<>();

  @GuardedBy("this")
  private long turn;

  @GuardedBy("this")
  private boolean closed;

  /** Somebody runs the engine. */
  @GuardedBy("this")
  private boolean busy;

  /** Threads that wait in {@link #enterAlone}. */
  @GuardedBy("this")
  private int others;

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
    requireInTime(call);
    waiting.add(call);
    count(call, 1);
    if (!busy) { // else whoever leaves will
      notifyAll();
    }
  }

  /** Takes the turn for a call that need not be queued, if it is small and nobody is before it. */
  synchronized boolean enter(Call call) {
    if (busy
        || closed
        || others > 0
        || !waiting.isEmpty()
        || call.size() > limits.maxInlineRows()) {
      return false;
    }
    busy = true;
    return true;
  }

  /** Takes the turn for something else than calls; comes before those that wait. */
  synchronized void enterAlone() throws InterruptedException {
    others++;
    try {
      while (busy) {
        wait();
      }
      busy = true;
    } finally {
      others--;
      notifyAll(); // when interrupted: the turn is somebody else's
    }
  }

  /** Ends the turn. */
  synchronized void leave() {
    busy = false;
    if (closed || others > 0 || !waiting.isEmpty()) {
      notifyAll();
    }
  }

  /** Rows before it take their time; computing for a caller that has left helps nobody. */
  @GuardedBy("this")
  private void requireInTime(Call call) {
    long deadline = call.caller().deadlineNanos();
    long left = deadline - System.nanoTime();
    if (deadline != Long.MAX_VALUE && rows * nanosPerRow > left) {
      throw ServingException.queueFull(
          "expert queue's time in milliseconds",
          TimeUnit.NANOSECONDS.toMillis(Math.max(0, left)),
          RETRY_AFTER);
    }
  }

  /** A run of these calls took so long. */
  synchronized void took(List<Call> batch, long nanos) {
    double latest = (double) nanos / batch.stream().mapToInt(Call::size).sum();
    nanosPerRow =
        nanosPerRow == 0 ? latest : nanosPerRow + WEIGHT_OF_LATEST * (latest - nanosPerRow);
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
    while (busy || others > 0 || (waiting.isEmpty() && !closed)) {
      wait();
    }
    busy = !waiting.isEmpty();
    List<Call> batch = new ArrayList<>();
    if (waiting.isEmpty()) {
      return batch;
    }
    Call first = nextInTurn();
    take(first, batch);
    int room = limits.maxBatchRows() - first.size();
    for (Call call : List.copyOf(waiting)) {
      if (call.joins(first) && call.size() <= room) {
        take(call, batch);
        room -= call.size();
      }
    }
    return batch;
  }

  /** The first call of the caller whose last turn is longest ago. */
  @GuardedBy("this")
  private Call nextInTurn() {
    Call next = waiting.iterator().next();
    for (Call call : waiting) {
      next = lastTurn(call) < lastTurn(next) ? call : next;
    }
    if (turns.size() >= MAX_CALLERS) {
      turns.clear();
    }
    turns.put(next.caller().name(), ++turn);
    return next;
  }

  @GuardedBy("this")
  private long lastTurn(Call call) {
    return turns.getOrDefault(call.caller().name(), 0L);
  }

  @GuardedBy("this")
  private void take(Call call, List<Call> batch) {
    waiting.remove(call);
    count(call, -1);
    batch.add(call);
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
