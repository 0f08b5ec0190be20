package io.ennead.router.api;

import io.ennead.access.Tenant;
import io.ennead.errors.ServingException;
import io.ennead.node.CallingTenant;
import io.ennead.node.GrpcErrors;
import io.ennead.router.generate.Degraded;
import io.ennead.router.generate.ModelInfo;
import io.ennead.router.generate.ServedModel;
import io.ennead.router.moe.CallScope;
import io.ennead.router.moe.CombinedRows;
import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.router.moe.FailurePolicy;
import io.ennead.router.moe.FailurePolicy.Drop;
import io.ennead.router.moe.MoeLayer;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.trace.TraceOptions;
import io.ennead.v1.DataType;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.MoeServiceForwardRequest;
import io.ennead.v1.MoeServiceForwardResponse;
import io.ennead.v1.MoeServiceGrpc;
import io.ennead.v1.Tensor;
import io.ennead.wire.TensorCodec;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.context.Context;
import java.time.Duration;
import java.util.List;
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
 * One Mixture-of-Experts layer over gRPC. Layers block, so calls run on threads of their own, with
 * a queue before them that is bounded in calls and in tokens; the client's deadline and departure
 * end the work. Safe for use by several threads; {@link #close()} ends the threads.
 */
public final class MoeGrpcService extends MoeServiceGrpc.MoeServiceImplBase
    implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(MoeGrpcService.class);
  private static final String HIDDEN = "hidden";
  private static final Duration RETRY_AFTER = Duration.ofMillis(100);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);

  private final ModelCatalog catalog;
  private final MoeLimits limits;
  private final LongSupplier seeds;
  private final ExecutorService executor;
  private final SharedPlaces tokens;
  private final IntConsumer degradedTokens;

  private MoeGrpcService(
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

  /**
   * A service of these models; its threads start with the first calls.
   *
   * @param seeds of calls that bring none
   * @param degradedTokens is told of tokens that were computed without some of their experts
   */
  public static MoeGrpcService open(
      ModelCatalog catalog, MoeLimits limits, LongSupplier seeds, IntConsumer degradedTokens) {
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            limits.threads(),
            limits.threads(),
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(limits.queue()),
            MoeGrpcService::thread);
    executor.allowCoreThreadTimeOut(true);
    return new MoeGrpcService(catalog, limits, seeds, executor, degradedTokens);
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "moe-service");
    thread.setDaemon(true);
    return thread;
  }

  @Override
  public void forward(
      MoeServiceForwardRequest request, StreamObserver<MoeServiceForwardResponse> observer) {
    var call = (ServerCallStreamObserver<MoeServiceForwardResponse>) observer;
    CallScope scope = CallScope.until(CallDeadline.nanos());
    call.setOnCancelHandler(scope::cancel);
    try {
      enqueue(read(request, DegradedTrailer.ofCall()), call, scope);
    } catch (RuntimeException e) {
      call.onError(GrpcErrors.toStatus(e));
    }
  }

  /** What a call asks for; its tensor has been checked, but is decoded only when its turn comes. */
  private record Job(
      ServedModel model,
      int layer,
      Phase phase,
      RoutingOptions routing,
      TraceOptions trace,
      Tensor hidden,
      int rows,
      Tenant tenant,
      DegradedTrailer.Note trailer) {}

  private Job read(MoeServiceForwardRequest request, DegradedTrailer.Note trailer) {
    ServedModel model = catalog.find(request.getModel());
    return new Job(
        model,
        layer(request, model.info()),
        Options.phase(request.getPhase(), request.getPhaseValue()),
        RoutingReader.read(request.getRouting(), model, seeds.getAsLong()),
        trace(request, model),
        request.getHidden(),
        rows(request.getHidden(), model.info().hiddenSize()),
        CallingTenant.current(),
        trailer);
  }

  /** Of the one layer that runs. */
  private static TraceOptions trace(MoeServiceForwardRequest request, ServedModel model) {
    if (request.getTrace().getLayersCount() > 0) {
      throw ServingException.invalidField(
          "trace.layers", request.getTrace().getLayersList(), "none: one layer runs");
    }
    if (request.getTrace().getOmitPrompt()) {
      throw ServingException.invalidField(
          "trace.omit_prompt", true, "false: rows are not told apart");
    }
    TraceOptions options = TraceReader.read(request.getTrace(), model);
    return new TraceOptions(
        options.level(), List.of(request.getLayer()), false, options.maxBytes());
  }

  private static int layer(MoeServiceForwardRequest request, ModelInfo model) {
    long layer = Integer.toUnsignedLong(request.getLayer());
    if (layer >= model.layers() || !model.moeLayers().contains((int) layer)) {
      throw ServingException.field(
          ErrorReason.ERROR_REASON_LAYER_UNKNOWN, "layer", layer, "one of " + model.moeLayers());
    }
    return (int) layer;
  }

  private int rows(Tensor tensor, int width) {
    int rows = TensorCodec.requireMatrix(tensor, HIDDEN, width);
    if (rows == 0) {
      throw ServingException.field(
          ErrorReason.ERROR_REASON_TENSOR_SHAPE_MISMATCH,
          HIDDEN + ".shape",
          tensor.getShapeList(),
          "[at least 1, %d]".formatted(width));
    }
    if (rows > limits.maxTokens()) {
      throw ServingException.field(
          ErrorReason.ERROR_REASON_TOO_MANY_TOKENS,
          HIDDEN + ".shape",
          rows + " tokens",
          "at most " + limits.maxTokens());
    }
    return rows;
  }

  private void enqueue(
      Job job, ServerCallStreamObserver<MoeServiceForwardResponse> call, CallScope scope) {
    if (!tokens.tryTake(job.tenant(), job.rows())) {
      throw ServingException.queueFull(
          "budget of MoeService's tokens in flight", limits.maxTokensInFlight(), RETRY_AFTER);
    }
    try {
      executor.execute(Context.current().wrap(() -> answer(job, call, scope)));
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

  private void answer(
      Job job, ServerCallStreamObserver<MoeServiceForwardResponse> call, CallScope scope) {
    MoeServiceForwardResponse response;
    try {
      response = run(job, scope);
    } catch (Throwable e) { // out of memory, too: a call that is not closed hangs its client
      call.onError(GrpcErrors.toStatus(e));
      return;
    } finally {
      tokens.giveBack(job.tenant(), job.rows());
    }
    call.onNext(response);
    call.onCompleted();
  }

  private MoeServiceForwardResponse run(Job job, CallScope scope) {
    if (executor.isShutdown()) {
      throw ServingException.draining();
    }
    requireTime(scope);
    float[] hidden = TensorCodec.floats(job.hidden(), HIDDEN);
    TensorCodec.requireFinite(hidden, HIDDEN);
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
      Job job, MoeLayer.Result result, LayerCallTrace trace) {
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

  private static Degraded degraded(Job job, Map<Integer, Set<Integer>> missing) {
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
