package io.ennead.expert;

import io.ennead.expert.api.ExpertGrpcService;
import io.ennead.expert.api.ServedExperts;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.batch.BatchLimits;
import io.ennead.expert.batch.ExpertBatcher;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.engine.ExpertEngine;
import io.ennead.expert.engine.LoadProgress;
import io.ennead.node.Progress;
import io.ennead.node.Readiness;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CancellationException;

/**
 * From a model directory to experts that compute: read and check, load and fingerprint, warm up.
 * Runs on one thread; {@link #stop} may be called by another and ends it at the next step.
 */
final class NodeLoading {
  /** What {@link Readiness} calls the experts. */
  static final String PART = "experts";

  private final ExpertConfig config;
  private final EngineLoader loader;
  private final Progress progress;
  private final Readiness readiness;
  private final PrometheusRegistry registry;
  private final Gauge loaded;
  private long reportedBytes;
  private volatile boolean stopped;

  NodeLoading(
      ExpertConfig config,
      EngineLoader loader,
      Progress progress,
      Readiness readiness,
      PrometheusRegistry registry) {
    this.config = config;
    this.loader = loader;
    this.progress = progress;
    this.readiness = readiness;
    this.registry = registry;
    this.loaded =
        Gauge.builder()
            .name("ennead_model_load_progress_ratio")
            .help("Share of the experts' bytes that are loaded, 0 to 1.")
            .register(registry);
    loaded.set(0);
  }

  /** The next step throws {@link CancellationException}. */
  void stop() {
    stopped = true;
  }

  HeldExperts load(String nodeName, ExpertGrpcService service) {
    stage("reading " + config.model().getFileName(), 0);
    Checkpoint checkpoint = Checkpoint.open(config.model());
    List<Integer> experts = ExpertIds.parse(config.experts(), checkpoint.config().experts());
    checkpoint.requireExperts(experts);
    String model = Fingerprints.model(checkpoint);
    ExpertEngine engine = loader.load(checkpoint, experts, config.engineOptions(), this::report);
    try {
      stage("warm-up", 0);
      WarmUp.run(engine, engine.fingerprints().keySet());
      return new HeldExperts(config, engine, served(nodeName, checkpoint, model, engine), service);
    } catch (RuntimeException | Error e) {
      engine.close();
      throw e;
    }
  }

  private ServedExperts served(
      String nodeName, Checkpoint checkpoint, String modelFingerprint, ExpertEngine engine) {
    requireRunning();
    ModelConfig model = checkpoint.config();
    BatchLimits limits = config.batchLimits(model.hiddenSize(), model.expertWidth());
    var batcher = ExpertBatcher.start(engine, limits, registry);
    return new ServedExperts(
        nodeName,
        UUID.randomUUID() + ":1",
        model,
        modelFingerprint,
        config.dtype(),
        config.device(),
        engine.numericsId(),
        config.batchInvariant(),
        engine.fingerprints(),
        Set.of(),
        batcher);
  }

  private void report(LoadProgress now) {
    if (reportedBytes == 0) {
      stage("loading weights", now.totalBytes());
    }
    advance(now.doneBytes() - reportedBytes);
    reportedBytes = now.doneBytes();
    loaded.set(now.totalBytes() == 0 ? 0 : (double) now.doneBytes() / now.totalBytes());
  }

  private void stage(String name, long total) {
    progress.stage(name, total);
    tell();
  }

  private void advance(long amount) {
    progress.advance(amount);
    tell();
  }

  private void tell() {
    requireRunning();
    readiness.waitFor(PART, progress.text());
  }

  private void requireRunning() {
    if (stopped) {
      throw new CancellationException("stopped while loading");
    }
  }
}
