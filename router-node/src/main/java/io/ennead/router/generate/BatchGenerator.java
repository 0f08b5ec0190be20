package io.ennead.router.generate;

import io.ennead.errors.ServingException;
import io.ennead.node.Tracing;
import io.ennead.router.model.MoeModel;
import io.ennead.router.model.TextCodec;
import io.ennead.router.moe.ActivePacks;
import io.ennead.router.moe.Gate;
import io.ennead.router.moe.GatePacks;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.sample.Dry;
import io.ennead.router.sample.TokenSampler;
import io.ennead.router.trace.DecisionRecorder;
import io.ennead.router.trace.TraceLevel;
import io.ennead.router.trace.TraceOptions;
import io.ennead.router.trace.TraceRecorder;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/**
 * {@link Generator} and {@link Scorer} by continuous batching: every request becomes a sequence of
 * one {@link GenerationLoop}.
 */
public final class BatchGenerator implements Generator, Scorer, AutoCloseable {
  private final ModelInfo model;
  private final Gate gate;
  private final ActivePacks packs;
  private final TextCodec codec;
  private final Set<Integer> endOfSequence;
  private final GenerationMetrics metrics;
  private final Tracing tracing;
  private final GenerationLoop loop;

  private BatchGenerator(
      ModelInfo model,
      Gate gate,
      ActivePacks packs,
      TextCodec codec,
      Set<Integer> endOfSequence,
      GenerationMetrics metrics,
      Tracing tracing,
      GenerationLoop loop) {
    this.model = model;
    this.gate = gate;
    this.packs = packs;
    this.codec = codec;
    this.endOfSequence = Set.copyOf(endOfSequence);
    this.metrics = metrics;
    this.tracing = tracing;
    this.loop = loop;
  }

  /**
   * Starts the loop's thread.
   *
   * @param engine stays the caller's, who closes it after this
   * @param blocks KV blocks that {@code engine} was loaded with, and their size
   * @param onDeath run when the loop ends by an error of its own: nothing is served from then on
   */
  public static BatchGenerator start(
      MoeModel engine,
      ModelInfo model,
      TextCodec codec,
      Set<Integer> endOfSequence,
      SchedulerLimits limits,
      BlockPool blocks,
      PrometheusRegistry registry,
      Runnable onDeath) {
    return start(
        engine, model, codec, endOfSequence, limits, blocks, registry, Tracing.OFF, onDeath);
  }

  /** The same, traced. */
  public static BatchGenerator start(
      MoeModel engine,
      ModelInfo model,
      TextCodec codec,
      Set<Integer> endOfSequence,
      SchedulerLimits limits,
      BlockPool blocks,
      PrometheusRegistry registry,
      Tracing tracing,
      Runnable onDeath) {
    GenerationMetrics metrics = new GenerationMetrics(registry, model.name());
    KvBlocks kv = new KvBlocks(blocks.count(), blocks.size());
    LoadLog log = new LoadLog(model.name(), metrics);
    PrefixCache prefixes = new PrefixCache(kv, limits, metrics);
    GenerationLoop loop =
        new GenerationLoop(
            engine,
            new Scheduler(limits, kv, prefixes),
            new Admission(limits.maxBatch(), limits.queue(), metrics::refused),
            new StepMetrics(registry, engine),
            new StepSpans(tracing),
            (running, waiting, tokens) -> {
              double usage = (double) prefixes.used() / kv.total();
              metrics.state(running, waiting, tokens, usage);
              log.state(running, waiting, usage);
            },
            onDeath);
    loop.start();
    return new BatchGenerator(
        model, engine.gate(), engine.packs(), codec, endOfSequence, metrics, tracing, loop);
  }

  @Override
  public Generation submit(GenerationRequest request, TokenSink sink) {
    requireEndable(request);
    GatePacks known = packs.hold();
    try {
      RoutingOptions routing = request.routing().among(known);
      requireFitting(routing);
      return submit(request, routing, sink);
    } finally {
      packs.release(known); // each sequence holds them
    }
  }

  private Generation submit(GenerationRequest request, RoutingOptions routing, TokenSink sink) {
    List<Sequence> others =
        IntStream.range(1, request.continuations())
            .mapToObj(index -> sequence(request, routing, index, sink, List.of()))
            .toList();
    Sequence first = sequence(request, routing, 0, sink, others);
    submit(first);
    return () -> {
      loop.cancel(first);
      others.forEach(loop::cancel);
    };
  }

  private void submit(Sequence sequence) {
    try {
      loop.submit(sequence);
    } catch (ServingException e) {
      sequence.continuations().forEach(Sequence::end);
      metrics.failed(e.reason());
      throw e;
    }
  }

  /** Among experts that may be others than when it was read. */
  private void requireFitting(RoutingOptions routing) {
    for (int layer : model.moeLayers()) {
      routing.at(layer).requireFitting(layer, model.gate(), routing.packs());
    }
  }

  /** Keeps the packs that a sequence knows until it ends. */
  private Sequence holding(Sequence sequence) {
    GatePacks known = packs.hold(sequence.routing().packs());
    sequence.whenEnded(() -> packs.release(known));
    return sequence;
  }

  private Sequence sequence(
      GenerationRequest request,
      RoutingOptions routing,
      int index,
      TokenSink sink,
      List<Sequence> siblings) {
    return holding(
        new Sequence(
            request.prompt(),
            task(request, routing, index, sink),
            routing,
            request.deadlineNanos(),
            siblings,
            request.claim()));
  }

  private GenerateTask task(
      GenerationRequest request, RoutingOptions routing, int index, TokenSink sink) {
    StoppingOptions stopping = request.stopping();
    return new GenerateTask(
        request,
        index,
        sink,
        model,
        endOfSequence,
        sampler(request, request.seed() + index),
        new TextStream(codec, stopping.stop(), stopping.minTokens()),
        recorder(request.trace().oneOf(request.continuations()), routing, request.prompt().length),
        decisions(request, routing),
        metrics,
        RequestSpan.begin(tracing, request, index, model.name()));
  }

  private Optional<TraceRecorder> recorder(
      TraceOptions trace, RoutingOptions routing, int promptLength) {
    return trace.level() == TraceLevel.NONE
        ? Optional.empty()
        : Optional.of(new TraceRecorder(trace, gate, routing, promptLength));
  }

  /** Only of the model's own experts: of packs nothing is learned. */
  private Optional<DecisionRecorder> decisions(GenerationRequest request, RoutingOptions routing) {
    return request.decisionBytes() == 0 || !routing.packs().packs().isEmpty()
        ? Optional.empty()
        : DecisionRecorder.of(gate, routing, model.moeLayers(), request.decisionBytes());
  }

  private TokenSampler sampler(GenerationRequest request, long seed) {
    List<String> breakers = request.sampling().dry().map(Dry::breakers).orElse(List.of());
    return new TokenSampler(
        request.sampling(),
        seed,
        model.vocabularySize(),
        request.prompt(),
        new RepetitionBreakers(codec, breakers));
  }

  /** Tokens that must not be drawn before min_tokens cannot be the only ones that may be drawn. */
  private void requireEndable(GenerationRequest request) {
    Set<Integer> allowed = request.sampling().constraints().allowed();
    int minTokens = request.stopping().minTokens();
    if (minTokens > 0 && !allowed.isEmpty() && endOfSequence.containsAll(allowed)) {
      throw ServingException.invalidField(
          "sampling.allowed_tokens",
          "only tokens that end the sequence",
          "another too, for min_tokens is " + minTokens);
    }
  }

  @Override
  public CompletableFuture<ScoredTokens> score(ScoreJob job) {
    CompletableFuture<ScoredTokens> result = new CompletableFuture<>();
    RoutingOptions routing = job.routing();
    requireFitting(routing);
    Sequence sequence =
        holding(
            new Sequence(
                job.fed(),
                new ScoreTask(
                    job,
                    model.vocabularySize(),
                    recorder(job.trace(), routing, job.tokens().length),
                    result),
                routing,
                job.deadlineNanos(),
                List.of(),
                job.claim()));
    try {
      loop.submit(sequence);
    } catch (ServingException e) {
      sequence.end();
      throw e;
    }
    var unused =
        result.whenComplete(
            (scores, failure) -> {
              if (result.isCancelled()) {
                loop.cancel(sequence);
              }
            });
    return result;
  }

  /**
   * What runs and waits now. Costs the loop a moment between two steps, so not to be asked often;
   * not answered after the end.
   *
   * @param most how many to tell of, the oldest first
   * @param promptTokens how many tokens of each prompt to tell
   */
  public CompletableFuture<LiveRequests> look(int most, int promptTokens) {
    return loop.look(most, promptTokens);
  }

  /** What is counted of the model's requests; others that use the model may count with it. */
  public GenerationMetrics metrics() {
    return metrics;
  }

  /** Ends every request with NODE_DRAINING and stops the thread. */
  @Override
  public void close() {
    loop.close();
  }

  /**
   * The KV cache's blocks.
   *
   * @param count blocks in all
   * @param size positions per block
   */
  public record BlockPool(int count, int size) {}
}
