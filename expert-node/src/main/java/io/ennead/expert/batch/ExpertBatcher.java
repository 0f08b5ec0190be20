package io.ennead.expert.batch;

import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.engine.ExpertEngine;
import io.ennead.expert.engine.ExpertEngine.Slice;
import io.ennead.expert.engine.ExpertEngine.Tile;
import io.ennead.wire.Rows;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts waiting calls of the same layer and tile into one run of the engine. Nothing waits for
 * company: whatever has arrived while the engine was busy goes together, so an idle node adds no
 * delay and a busy one grows its batches.
 *
 * <p>A small call that finds the engine idle is computed at once by the thread that brought it:
 * waking another one would take as long. All else is for a thread of the batcher's own. One run at
 * a time; {@link #submit} may be called by any thread. A row's output does not depend on the other
 * rows of a run (see {@link ExpertEngine}), so neither changes bits.
 */
public final class ExpertBatcher implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(ExpertBatcher.class);
  private static final long CLOSE_SECONDS = 60;

  private final ExpertEngine engine;
  private final CallQueue queue;
  private final BatchMetrics metrics;
  private final Thread thread;

  private ExpertBatcher(ExpertEngine engine, BatchLimits limits, PrometheusRegistry registry) {
    this.engine = engine;
    this.queue = new CallQueue(limits);
    this.metrics = new BatchMetrics(registry, queue::rows);
    this.thread = new Thread(this::serve, "expert-batch");
    this.thread.setDaemon(true);
  }

  /** Starts the thread. The engine stays the caller's to close, after the batcher. */
  public static ExpertBatcher start(
      ExpertEngine engine, BatchLimits limits, PrometheusRegistry registry) {
    var batcher = new ExpertBatcher(engine, limits, registry);
    batcher.thread.start();
    return batcher;
  }

  /**
   * Queues a call. The arguments must be valid for the engine and must not change any more. Cancel
   * the future to take the call back; a run that has begun is not interrupted.
   *
   * @param rows [n, hidden]
   * @param caller a call that would wait for longer than its caller does is refused
   * @return outputs, or ENGINE_FAILURE, or NODE_DRAINING
   * @throws ServingException QUEUE_FULL, TOO_MANY_TOKENS or NODE_DRAINING
   */
  public CompletableFuture<BatchResult> submit(
      int layer, Tile tile, Rows rows, List<Slice> slices, Caller caller) {
    var call = new Call(layer, tile, rows, slices, caller);
    if (queue.enter(call)) {
      takeTurn(List.of(call));
      return call.result();
    }
    try {
      queue.add(call);
    } catch (ServingException e) {
      metrics.refused();
      throw e;
    }
    var unused = call.result().whenComplete((result, failure) -> dropIfWaiting(call));
    return call.result();
  }

  /** A call that is over while it still waits was ended by its caller. */
  private void dropIfWaiting(Call call) {
    if (queue.remove(call)) {
      metrics.cancelled();
    }
  }

  private void serve() {
    try {
      List<Call> batch = queue.take();
      while (!batch.isEmpty()) {
        takeTurn(batch);
        batch = queue.take();
      }
    } catch (InterruptedException e) {
      logger.error("interrupted; this node computes no more", e);
    } finally {
      failWaiting();
    }
  }

  /** Runs something while the engine computes nothing; waits for the run in progress. */
  public void betweenRuns(Runnable change) throws InterruptedException {
    queue.enterAlone();
    try {
      change.run();
    } finally {
      queue.leave();
    }
  }

  private void takeTurn(List<Call> calls) {
    List<Call> batch = calls.stream().filter(this::held).toList();
    try {
      if (!batch.isEmpty()) {
        compute(batch);
      }
    } catch (RuntimeException | Error e) { // one bad run must not end the thread
      logger.error("a run of {} calls failed", batch.size(), e);
      fail(batch, ServingException.engineFailure("experts failed to compute", e));
    } finally {
      queue.leave();
    }
  }

  /** Whether all of a call's experts are still there; fails the call otherwise. */
  private boolean held(Call call) {
    for (Slice slice : call.slices()) {
      if (!engine.fingerprints().containsKey(new ExpertId(call.layer(), slice.expert()))) {
        call.result()
            .completeExceptionally(
                ServingException.expertNotLoaded(call.layer(), slice.expert(), "a later one"));
        return false;
      }
    }
    return true;
  }

  private void compute(List<Call> batch) {
    long started = System.nanoTime();
    Call first = batch.get(0);
    MergedCalls merged = MergedCalls.of(batch);
    Rows outputs = engine.run(first.layer(), first.tile(), merged.rows(), merged.slices());
    requireLength(outputs, batch);
    long nanos = System.nanoTime() - started;
    queue.took(batch, nanos);
    metrics.ran(batch, merged.counts(), started, nanos);
    List<Rows> parts = merged.split(outputs);
    for (int i = 0; i < batch.size(); i++) {
      batch.get(i).complete(parts.get(i), started, nanos);
    }
  }

  private void requireLength(Rows outputs, List<Call> batch) {
    int expected = batch.stream().mapToInt(Call::outputRows).sum();
    if (outputs.count() != expected || outputs.width() != engine.hidden()) {
      throw new IllegalStateException(
          "outputs of the engine: [%d, %d] (expected: [%d, %d])"
              .formatted(outputs.count(), outputs.width(), expected, engine.hidden()));
    }
  }

  private static void fail(List<Call> calls, ServingException failure) {
    calls.forEach(call -> call.result().completeExceptionally(failure));
  }

  /**
   * Refuses new calls, fails those that wait, and lets the run in progress finish. Waits for that
   * within bounds, and not at all when interrupted: {@link #stopped} tells.
   */
  @Override
  public void close() {
    failWaiting();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(CLOSE_SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether the engine is not used any more. */
  public boolean stopped() {
    return !thread.isAlive();
  }

  private void failWaiting() {
    fail(queue.close(), ServingException.draining());
  }
}
