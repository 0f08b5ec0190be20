package io.ennead.router.generate;

import io.ennead.router.model.MoeModel;
import io.ennead.router.model.TextCodec;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * {@link Generator} and {@link Scorer} by continuous batching: every request becomes a sequence of
 * one {@link GenerationLoop}.
 */
public final class BatchGenerator implements Generator, Scorer, AutoCloseable {
  private final ModelInfo model;
  private final TextCodec codec;
  private final Set<Integer> endOfSequence;
  private final GenerationMetrics metrics;
  private final GenerationLoop loop;

  private BatchGenerator(
      ModelInfo model,
      TextCodec codec,
      Set<Integer> endOfSequence,
      GenerationMetrics metrics,
      GenerationLoop loop) {
    this.model = model;
    this.codec = codec;
    this.endOfSequence = Set.copyOf(endOfSequence);
    this.metrics = metrics;
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
    GenerationMetrics metrics = new GenerationMetrics(registry, model.name());
    KvBlocks kv = new KvBlocks(blocks.count(), blocks.size());
    GenerationLoop loop =
        new GenerationLoop(
            engine,
            new Scheduler(limits, kv),
            limits,
            new StepMetrics(registry),
            (running, waiting) -> metrics.state(running, waiting, (double) kv.used() / kv.total()),
            onDeath);
    loop.start();
    return new BatchGenerator(model, codec, endOfSequence, metrics, loop);
  }

  @Override
  public Generation submit(GenerationRequest request, TokenSink sink) {
    TextStream text = new TextStream(codec, request.stopping().stop());
    Sequence sequence =
        new Sequence(
            request.prompt(),
            new GenerateTask(request, sink, model, endOfSequence, text, metrics),
            request.routing(),
            request.deadlineNanos());
    loop.submit(sequence);
    return () -> loop.cancel(sequence);
  }

  @Override
  public CompletableFuture<ScoredTokens> score(ScoreJob job) {
    CompletableFuture<ScoredTokens> result = new CompletableFuture<>();
    Sequence sequence =
        new Sequence(
            job.fed(),
            new ScoreTask(job, model.vocabularySize(), result),
            job.routing(),
            job.deadlineNanos());
    loop.submit(sequence);
    var unused =
        result.whenComplete(
            (scores, failure) -> {
              if (result.isCancelled()) {
                loop.cancel(sequence);
              }
            });
    return result;
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
