package io.ennead.router.generate;

import io.ennead.errors.ServingException;
import io.ennead.router.generate.Scheduler.Batch;
import io.ennead.router.model.MoeModel;
import io.ennead.router.moe.CallScope;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Continuous batching: one thread owns the model and all sequences. Between any two steps sequences
 * join and leave. Each turn runs at most one step of prompt chunks and one decode step of
 * everybody.
 *
 * <p>{@link #submit} and {@link #cancel} may be called from any thread; tasks are called by the
 * loop's thread.
 */
final class GenerationLoop implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(GenerationLoop.class);

  private final MoeModel model;
  private final Scheduler scheduler;
  private final StepMetrics metrics;
  private final StepSpans spans;
  private final LoadListener loadListener;
  private final Runnable onDeath;
  private final Admission admission;

  private final LinkedBlockingQueue<Runnable> commands = new LinkedBlockingQueue<>();
  private final Thread thread = new Thread(this::run, "generation-loop");
  private volatile @Nullable RunningStep current;
  private volatile boolean closed;

  /** Starts nothing; {@link #start()} does. */
  GenerationLoop(
      MoeModel model,
      Scheduler scheduler,
      Admission admission,
      StepMetrics metrics,
      StepSpans spans,
      LoadListener loadListener,
      Runnable onDeath) {
    this.model = model;
    this.scheduler = scheduler;
    this.metrics = metrics;
    this.spans = spans;
    this.loadListener = loadListener;
    this.onDeath = onDeath;
    this.admission = admission;
  }

  void start() {
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Queues a sequence.
   *
   * @throws ServingException QUEUE_FULL or NODE_DRAINING, at once
   */
  void submit(Sequence sequence) {
    if (closed) {
      throw ServingException.draining();
    }
    requireRoom(sequence);
    admission.enter(sequence);
    Runnable command = () -> scheduler.add(sequence);
    commands.add(command);
    if (closed && commands.remove(command)) { // closed meanwhile, and nobody will run it
      throw ServingException.draining();
    }
  }

  /** What can never get its place is refused, not queued. */
  private void requireRoom(Sequence sequence) {
    int needed = scheduler.neededBlocks(sequence);
    if (needed > scheduler.totalBlocks()) {
      throw ServingException.invalidField(
          "n",
          1 + sequence.siblings().size(),
          "continuations that fit the KV cache: %d blocks needed, %d there are"
              .formatted(needed, scheduler.totalBlocks()));
    }
  }

  /** Ends a sequence: at once when nobody else is in the running step, else after it. */
  void cancel(Sequence sequence) {
    sequence.cancel();
    RunningStep step = current;
    if (step != null) {
      step.cancelIfUnwanted();
    }
    wake();
  }

  /** What runs and waits, told by the loop's thread between two steps; never after its end. */
  CompletableFuture<LiveRequests> look(int most, int promptTokens) {
    CompletableFuture<LiveRequests> seen = new CompletableFuture<>();
    commands.add(() -> seen.complete(LiveRequests.of(scheduler, most, promptTokens)));
    return seen;
  }

  private void wake() {
    if (commands.isEmpty()) { // else it is awake anyway
      commands.add(() -> {});
    }
  }

  private void run() {
    try {
      while (!closed) {
        turn();
      }
    } catch (InterruptedException e) {
      logger.debug("generation loop interrupted");
    } catch (RuntimeException | Error e) {
      logger.error("the generation loop ended; no request can be served until a restart", e);
      onDeath.run();
    } finally {
      drain();
    }
  }

  private void turn() throws InterruptedException {
    awaitWork();
    for (Runnable command = commands.poll(); command != null; command = commands.poll()) {
      command.run();
    }
    reap();
    scheduler.admit(admission::waitsNoLonger);
    reportLoad();
    scheduler.prefill().ifPresent(this::runStep);
    reap();
    scheduler.decode().ifPresent(this::runStep);
    reportLoad();
  }

  /** Blocks while there is nothing to run: no sequence, or only some that are set aside. */
  private void awaitWork() throws InterruptedException {
    if (scheduler.idle()) {
      commands.take().run();
      return;
    }
    long pause = scheduler.pause(System.nanoTime());
    Runnable command = pause > 0 ? commands.poll(pause, TimeUnit.NANOSECONDS) : null;
    if (command != null) {
      command.run();
    }
  }

  private void reportLoad() {
    loadListener.load(
        scheduler.runningCount(), scheduler.waitingCount(), admission.waitingTokens());
  }

  /** Ends what was cancelled or ran out of time. */
  private void reap() {
    long now = System.nanoTime();
    scheduler.forEach(
        sequence -> {
          if (sequence.cancelled()) {
            end(sequence, ServingException.cancelled("the caller left"));
          } else if (sequence.overdue(now)) {
            end(sequence, ServingException.deadlineExceeded("the request's deadline passed"));
          }
        });
  }

  private void end(Sequence sequence, ServingException failure) {
    sequence.siblings().forEach(sibling -> end(sibling, failure)); // nobody else knows of them
    if (leave(sequence)) {
      sequence.task().failed(failure);
    }
  }

  /** Takes a sequence out and gives its place back; false when it had left before. */
  private boolean leave(Sequence sequence) {
    if (!sequence.end()) {
      return false;
    }
    scheduler.remove(sequence);
    admission.left(sequence);
    return true;
  }

  private void runStep(Batch batch) {
    CallScope scope = CallScope.until(latestDeadline(batch));
    StepResults results = new StepResults(batch, metrics.gate());
    RunningStep step = new RunningStep(batch.sequences(), scope);
    current = step;
    step.cancelIfUnwanted();
    long start = System.nanoTime();
    Span span = spans.begin(batch);
    try (Scope unused = span.makeCurrent()) {
      Map<Integer, ServingException> failed = model.run(batch.step(), scope, results);
      metrics.step(batch.step(), System.nanoTime() - start);
      settle(batch, failed, results);
    } catch (ServingException e) {
      failAll(batch, e);
    } catch (RuntimeException | OutOfMemoryError e) {
      logger.error("step of {} sequences failed", batch.sequences().size(), e);
      failAll(batch, ServingException.engineFailure("the model's step failed", e));
    } finally {
      current = null;
      span.end();
    }
  }

  private static long latestDeadline(Batch batch) {
    return batch.sequences().stream().mapToLong(Sequence::deadlineNanos).max().orElseThrow();
  }

  private void settle(Batch batch, Map<Integer, ServingException> failed, StepResults results) {
    for (int i = 0; i < batch.sequences().size(); i++) {
      Sequence sequence = batch.sequences().get(i);
      if (sequence.ended()) {
        continue; // an earlier chunk of the same prompt failed
      }
      ServingException failure = failed.get(i);
      if (failure != null) {
        retryOrFail(sequence, failure);
        continue;
      }
      sequence.proceed();
      results.tell(i);
      sequence.advance(batch.step().spans().get(i).ids().length);
      scheduler.keep(sequence);
      if (!sequence.prefilling()) { // else more chunks of it may follow in this step
        List<Sequence> begun = scheduler.fork(sequence, model::copyBlock);
        settle(sequence, results);
        begun.forEach(sibling -> settle(sibling, results));
      }
    }
  }

  private void settle(Sequence sequence, StepResults results) {
    ServingException failure = results.failure(sequence);
    if (failure != null) {
      fail(sequence, failure);
      return;
    }
    results.next(sequence).ifPresent(sequence::append);
    if (sequence.exhausted() && leave(sequence)) {
      sequence.task().finished();
    }
  }

  private void retryOrFail(Sequence sequence, ServingException failure) {
    if (!failure.mayPass() || closed || !sequence.setAside(System.nanoTime())) {
      fail(sequence, failure);
    }
  }

  private void fail(Sequence sequence, ServingException failure) {
    if (!sequence.cancelled()) { // else reaped after the step, with the caller's own reason
      end(sequence, closed ? ServingException.draining() : failure);
    }
  }

  private void failAll(Batch batch, ServingException failure) {
    batch.sequences().forEach(sequence -> end(sequence, failure));
  }

  private void drain() {
    closed = true;
    List<Runnable> left = new ArrayList<>();
    commands.drainTo(left);
    left.forEach(Runnable::run);
    scheduler.forEach(sequence -> end(sequence, ServingException.draining()));
  }

  /** Ends every sequence with NODE_DRAINING and stops the thread; the model stays open. */
  @Override
  public void close() {
    closed = true;
    RunningStep step = current;
    if (step != null) {
      step.scope.cancel();
    }
    wake();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Told how many sequences run and wait, and of how many tokens, whenever that may have changed.
   */
  @FunctionalInterface
  interface LoadListener {
    void load(int running, int waiting, long waitingTokens);
  }

  /** The step on the model now, so that a cancellation can reach its expert calls. */
  private record RunningStep(List<Sequence> sequences, CallScope scope) {
    void cancelIfUnwanted() {
      if (sequences.stream().allMatch(Sequence::cancelled)) {
        scope.cancel();
      }
    }
  }
}
