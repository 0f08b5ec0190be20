package io.ennead.router.api;

import io.ennead.errors.ServingException;
import io.ennead.node.DaemonThreads;
import io.ennead.router.generate.Degraded;
import io.ennead.router.moe.ActivePacks;
import io.ennead.router.moe.CallScope;
import io.ennead.router.moe.CombinedRows;
import io.ennead.router.moe.FailurePolicy;
import io.ennead.router.moe.FailurePolicy.Drop;
import io.ennead.router.moe.GatePacks;
import io.ennead.router.moe.MoeLayer;
import io.ennead.v1.DataType;
import io.ennead.v1.MoeServiceForwardRequest;
import io.ennead.v1.MoeServiceForwardResponse;
import io.ennead.wire.TensorCodec;
import io.opentelemetry.context.Context;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls of single Mixture-of-Experts layers, what every protocol of the router that brings
 * activations goes through. Layers block, so calls run on threads of their own, with a queue before
 * them that is bounded in calls and in tokens. Safe for use by several threads; {@link #close()}
 * ends the threads.
 */
public final class LayerCalls implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(LayerCalls.class);
  private static final Duration RETRY_AFTER = Duration.ofMillis(100);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);

  private final ModelCatalog catalog;
  private final MoeLimits limits;
  private final LongSupplier seeds;
  private final ExecutorService executor;
  private final SharedPlaces tokens;
  private final IntConsumer degradedTokens;

  private LayerCalls(
      ModelCatalog catalog,
      MoeLimits limits,
      LongSupplier seeds,
      ExecutorService executor,
      IntConsumer degradedTokens) {
    this.degradedTokens = degradedTokens;
    this.catalog = catalog;
    this.limits = limits;
    this.seeds = seeds;
    this.executor = executor;
    this.tokens = new SharedPlaces(limits.maxTokensInFlight());
  }

  /** Who is told, once, on any thread, how a call ended. */
  public interface Answer {

    /**
     * The layer's output.
     *
     * @param queuedNanos time spent waiting for a thread
     */
    void succeeded(MoeServiceForwardResponse response, long queuedNanos);

    /** Why there is none. */
    void failed(Throwable failure);
  }

  /**
   * Calls of these models' layers; the threads start with the first calls.
   *
   * @param seeds of calls that bring none
   * @param degradedTokens is told of tokens that were computed without some of their experts
   */
  public static LayerCalls open(
      ModelCatalog catalog, MoeLimits limits, LongSupplier seeds, IntConsumer degradedTokens) {
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            limits.threads(),
            limits.threads(),
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(limits.queue()),
            DaemonThreads.named("moe-service"));
    executor.allowCoreThreadTimeOut(true);
    return new LayerCalls(catalog, limits, seeds, executor, degradedTokens);
  }

  /**
   * Accepts a call or refuses it at once; never blocks. To be called by the thread that begins the
   * gRPC call, whose trailer tells of tokens without their experts.
   *
   * @param scope ends the work early
   * @throws ServingException when it is refused, naming the field as {@link
   *     MoeServiceForwardRequest} does
   */
  public void submit(
      MoeServiceForwardRequest request, Caller caller, CallScope scope, Answer answer) {
    LayerJob job =
        LayerJob.read(
            request,
            catalog.find(request.getModel()),
            limits.maxTokens(),
            seeds.getAsLong(),
            caller.tenant(),
            DegradedTrailer.ofCall());
    if (!tokens.tryTake(job.tenant(), job.rows())) {
      throw ServingException.queueFull(
          "budget of MoeService's tokens in flight", limits.maxTokensInFlight(), RETRY_AFTER);
    }
    long queued = System.nanoTime();
    try {
      executor.execute(Context.current().wrap(() -> answer(job, scope, queued, answer)));
    } catch (RejectedExecutionException e) {
      tokens.giveBack(job.tenant(), job.rows());
      throw refusal();
    }
  }

  private ServingException refusal() {
    return executor.isShutdown()
        ? ServingException.draining()
        : ServingException.queueFull("queue of MoeService", limits.queue(), RETRY_AFTER);
  }

  private void answer(LayerJob job, CallScope scope, long queued, Answer answer) {
    long waited = System.nanoTime() - queued;
    MoeServiceForwardResponse response;
    try {
      response = run(job, scope);
    } catch (Throwable e) { // out of memory, too: a call that is not closed hangs its client
      answer.failed(e);
      return;
    } finally {
      tokens.giveBack(job.tenant(), job.rows());
    }
    answer.succeeded(response, waited);
  }

  private MoeServiceForwardResponse run(LayerJob read, CallScope scope) {
    ActivePacks active = read.model().moe().packs();
    GatePacks packs = active.hold();
    try {
      return runAmong(read.among(packs), scope);
    } finally {
      active.release(packs);
    }
  }

  private MoeServiceForwardResponse runAmong(LayerJob job, CallScope scope) {
    if (executor.isShutdown()) {
      throw ServingException.draining();
    }
    requireTime(scope);
    float[] hidden = TensorCodec.floats(job.hidden(), LayerJob.HIDDEN);
    TensorCodec.requireFinite(hidden, LayerJob.HIDDEN);
    long start = System.nanoTime();
    while (true) {
      LayerCallTrace trace =
          new LayerCallTrace(job.trace(), job.model().moe().gate(), job.routing(), job.rows());
      MoeLayer.Result result =
          job.model()
              .moe()
              .forward(job.layer(), job.phase(), hidden, job.routing(), scope, trace.observer());
      Optional<ServingException> failure = firstFailure(result.rows());
      if (failure.isEmpty()) {
        return response(job, result, trace);
      }
      if (!failure.get().mayPass()
          || !job.routing().failure().allowsAnother(start, System.nanoTime())
          || !pause()) {
        throw failure.get();
      }
      requireTime(scope);
    }
  }

  /** Lets some time go by; false when the service closes. */
  private static boolean pause() {
    try {
      Thread.sleep(FailurePolicy.PAUSE.toMillis());
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private MoeServiceForwardResponse response(
      LayerJob job, MoeLayer.Result result, LayerCallTrace trace) {
    int width = job.model().info().hiddenSize();
    MoeServiceForwardResponse.Builder response =
        MoeServiceForwardResponse.newBuilder()
            .setOutput(
                TensorCodec.encode(
                    result.rows().values(), DataType.DATA_TYPE_F32, job.rows(), width))
            .setRouting(Responses.routing(result.routing()))
            .setRoutingSeed(job.routing().seed())
            .setProfile(job.routing().profile().id());
    trace.message().ifPresent(response::setTrace);
    Degraded degraded = degraded(job, result.degraded());
    if (degraded.tokens() > 0) {
      response.setDegraded(Responses.degraded(degraded));
      job.trailer().add(degraded);
      degradedTokens.accept(degraded.tokens());
    }
    return response.build();
  }

  /** A call may have waited in the queue for longer than its client did. */
  private static void requireTime(CallScope scope) {
    if (scope.cancelled()) {
      throw ServingException.cancelled("the caller left");
    }
    if (scope.remainingNanos() <= 0) {
      throw ServingException.deadlineExceeded("the deadline passed in the queue");
    }
  }

  /** Rows without their experts are never given out: the first failure fails the call. */
  private static Optional<ServingException> firstFailure(CombinedRows rows) {
    Map<Integer, ServingException> failures = rows.failures();
    return failures.keySet().stream().min(Integer::compare).map(failures::get);
  }

  private static Degraded degraded(LayerJob job, Map<Integer, Set<Integer>> missing) {
    double most = job.routing().failure().drop().map(Drop::maxShare).orElse(0.0);
    if (missing.size() > most * job.rows()) {
      throw ServingException.tooDegraded(missing.size(), job.rows(), most);
    }
    return missing.values().stream()
        .map(experts -> Degraded.token(Map.of(job.layer(), experts)))
        .reduce(Degraded.NONE, Degraded::plus);
  }

  /**
   * Refuses what waits, interrupts what runs and awaits its end, so that the model may be freed.
   */
  @Override
  public void close() {
    executor.shutdownNow().forEach(Runnable::run);
    try {
      if (!executor.awaitTermination(CLOSE_LIMIT.toNanos(), TimeUnit.NANOSECONDS)) {
        logger.error("calls of MoeService still run {} s after their end", CLOSE_LIMIT.toSeconds());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
