package io.ennead.router;

import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.checkpoint.ModelConfig;
import io.ennead.node.Readiness;
import io.ennead.router.api.InferenceGrpcService;
import io.ennead.router.api.ModelCatalog;
import io.ennead.router.api.MoeGrpcService;
import io.ennead.router.dispatch.DispatchMetrics;
import io.ennead.router.dispatch.RemoteExpertLayer;
import io.ennead.router.generate.BatchGenerator;
import io.ennead.router.generate.GenerationDefaults;
import io.ennead.router.generate.ModelInfo;
import io.ennead.router.generate.ServedModel;
import io.ennead.router.model.MoeModel;
import io.ennead.router.model.TextTokenizer;
import io.ennead.router.moe.Gate;
import io.ennead.router.moe.MoeLayer;
import io.ennead.router.moe.SoftmaxGate;
import io.ennead.router.peer.Expectations;
import io.ennead.router.peer.PeerMonitor;
import io.ennead.router.placement.PlacementTracker;
import io.ennead.router.placement.ReplicaChoice;
import io.grpc.BindableService;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The router's parts, put together by hand from the bottom up; closed from the top down. */
final class RouterParts implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(RouterParts.class);

  /** Pieces that one slow reader may leave unread before its request is ended. */
  private static final int MAX_BUFFERED_PIECES = 4096;

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final RouterConfig config;
  private final PrometheusRegistry registry;
  private final Checkpoint checkpoint;
  private final ModelInfo info;
  private final GenerationDefaults defaults;
  private List<BindableService> services = List.of();

  private RouterParts(RouterConfig config, PrometheusRegistry registry) {
    this.config = config;
    this.registry = registry;
    this.checkpoint = Checkpoint.open(config.model());
    this.defaults = GenerationDefaults.read(config.model(), checkpoint.config().eosTokenIds());
    this.info = info(Fingerprints.model(checkpoint));
  }

  /** Loads the model and starts everything but the servers. */
  static RouterParts assemble(
      RouterConfig config, Readiness readiness, PrometheusRegistry registry) {
    RouterParts parts = new RouterParts(config, registry);
    try {
      parts.open(readiness);
      return parts;
    } catch (RuntimeException e) {
      parts.close();
      throw e;
    }
  }

  private void open(Readiness readiness) {
    config.requireRoomFor(info.contextLength());
    TextTokenizer tokenizer = keep(tokenizer());
    requireIdsWithin(tokenizer);
    RemoteExpertLayer experts = experts(readiness);
    Gate gate = new SoftmaxGate(info.experts(), info.expertsPerToken());
    MoeModel model = keep(MoeModel.load(checkpoint, config.decoderOptions(), gate, experts));
    BatchGenerator generator =
        keep(
            BatchGenerator.start(
                model,
                info,
                tokenizer,
                defaults.endOfSequence(),
                config.schedulerLimits(),
                config.blockPool(),
                registry,
                () -> readiness.waitFor("generation", "ended by an error; restart the node")));
    MoeLayer layer = new MoeLayer(model.gateLogits(), gate, experts);
    ModelCatalog catalog =
        new ModelCatalog(List.of(new ServedModel(info, tokenizer, generator, generator, layer)));
    services = services(catalog);
  }

  private TextTokenizer tokenizer() {
    try {
      return TextTokenizer.open(config.model());
    } catch (IOException e) {
      throw new IllegalArgumentException("tokenizer: " + e.getMessage(), e);
    }
  }

  /** An id beyond the embedding would fail the step of everybody. */
  private void requireIdsWithin(TextTokenizer tokenizer) {
    if (tokenizer.vocabularySize() > info.vocabularySize()) {
      throw new IllegalArgumentException(
          "tokenizer.json: %d ids (expected: at most %d, config.json's vocab_size)"
              .formatted(tokenizer.vocabularySize(), info.vocabularySize()));
    }
  }

  private RemoteExpertLayer experts(Readiness readiness) {
    List<Integer> layers = IntStream.range(0, info.layers()).boxed().toList();
    PlacementTracker placement = new PlacementTracker(layers, info.experts(), readiness);
    Expectations expected =
        new Expectations(
            info.fingerprint(),
            config.dtype(),
            info.hiddenSize(),
            config.verifyExperts()
                ? new KnownExperts(checkpoint)
                : Expectations.ExpertFingerprints.UNKNOWN);
    keep(PeerMonitor.start(config.peers(), expected, config.probing(), placement::update));
    return new RemoteExpertLayer(
        placement::current,
        ReplicaChoice.FIRST_READY,
        info.hiddenSize(),
        config.expertTimeout(),
        new DispatchMetrics(registry));
  }

  private List<BindableService> services(ModelCatalog catalog) {
    SecureRandom seeds = new SecureRandom();
    return List.of(
        new InferenceGrpcService(catalog, MAX_BUFFERED_PIECES, seeds::nextLong),
        keep(MoeGrpcService.open(catalog, config.moeLimits())));
  }

  private ModelInfo info(String fingerprint) {
    ModelConfig model = checkpoint.config();
    return new ModelInfo(
        config.servedName(),
        model.family().modelType(),
        fingerprint,
        config.dtype().label(),
        model.contextLength(),
        model.vocabularySize(),
        model.hiddenSize(),
        model.layers(),
        model.experts(),
        model.expertsPerToken(),
        defaults.sampling());
  }

  private <T extends AutoCloseable> T keep(T part) {
    open.push(part);
    return part;
  }

  /** What is served, over gRPC. */
  List<BindableService> services() {
    return services;
  }

  /** One line for the log. */
  String description() {
    return "model %s (%s, %s, fingerprint %s)"
        .formatted(info.name(), info.family(), info.dtype(), info.fingerprint());
  }

  @Override
  public void close() {
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception e) {
        logger.warn("a part did not close", e);
      }
    }
  }
}
