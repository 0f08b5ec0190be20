package io.ennead.router;

import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.node.Dialer;
import io.ennead.node.Readiness;
import io.ennead.node.Tracing;
import io.ennead.router.api.ClusterGrpcService;
import io.ennead.router.api.DegradedTrailer;
import io.ennead.router.api.InferenceGrpcService;
import io.ennead.router.api.MixedNumericsHeader;
import io.ennead.router.api.ModelCatalog;
import io.ennead.router.api.MoeGrpcService;
import io.ennead.router.api.SlowReaders;
import io.ennead.router.balance.BalanceSchedule;
import io.ennead.router.balance.Balancer;
import io.ennead.router.dispatch.RemoteExpertLayer;
import io.ennead.router.feedback.Feedback;
import io.ennead.router.generate.BatchGenerator;
import io.ennead.router.generate.GenerationDefaults;
import io.ennead.router.generate.GenerationMetrics;
import io.ennead.router.generate.ModelInfo;
import io.ennead.router.generate.ServedModel;
import io.ennead.router.model.MoeModel;
import io.ennead.router.moe.MoeLayer;
import io.ennead.router.profile.GateShape;
import io.ennead.router.profile.ProfileDirectory;
import io.ennead.router.profile.Profiles;
import io.grpc.BindableService;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** The router's parts, put together by hand from the bottom up; closed from the top down. */
final class RouterParts implements AutoCloseable {
  private final Started open = new Started();
  private final RouterConfig config;
  private final PrometheusRegistry registry;
  private final Checkpoint checkpoint;
  private final ModelInfo info;
  private final GenerationDefaults defaults;
  private List<BindableService> services = List.of();
  private List<BindableService> operatorServices = List.of();

  private RouterParts(RouterConfig config, PrometheusRegistry registry) {
    this.config = config;
    this.registry = registry;
    this.checkpoint = Checkpoint.open(config.model());
    this.defaults =
        GenerationDefaults.read(
            config.model(),
            checkpoint.config().eosTokenIds(),
            checkpoint.config().vocabularySize());
    this.info = info(Fingerprints.model(checkpoint));
  }

  /** Loads the model and starts everything but the servers. */
  static RouterParts assemble(
      RouterConfig config,
      Dialer dialer,
      Tracing tracing,
      Readiness readiness,
      PrometheusRegistry registry) {
    RouterParts parts = new RouterParts(config, registry);
    try {
      parts.open(dialer, tracing, readiness);
      return parts;
    } catch (RuntimeException e) {
      parts.close();
      throw e;
    }
  }

  private void open(Dialer dialer, Tracing tracing, Readiness readiness) {
    config.requireRoomFor(info.contextLength());
    ModelText text = keep(ModelText.open(config.model(), checkpoint.config()));
    ExpertDispatch dispatch =
        keep(
            ExpertDispatch.start(
                config, checkpoint, info.fingerprint(), dialer, tracing, readiness, registry));
    RemoteExpertLayer experts = dispatch.layer();
    Balancer balancer = dispatch.balancer();
    operatorServices = List.of(new ClusterGrpcService(balancer));
    if (!config.pool().balanceInterval().isZero()) {
      keep(
          BalanceSchedule.start(
              balancer, config.pool().balancing(), config.pool().balanceInterval()));
    }
    MoeModel model = keep(MoeModel.load(checkpoint, config.decoderOptions(), experts));
    BatchGenerator generator =
        keep(
            BatchGenerator.start(
                model,
                info,
                text.tokenizer(),
                defaults.endOfSequence(),
                config.schedulerLimits(),
                config.blockPool(),
                registry,
                tracing,
                () -> readiness.waitFor("generation", "ended by an error; restart the node")));
    MoeLayer layer = new MoeLayer(model.gateLogits(), model.gate(), experts, model.sharedExpert());
    ModelCatalog catalog =
        new ModelCatalog(
            List.of(
                new ServedModel(
                    info,
                    config.requestPolicy(info.gate()),
                    text.tokenizer(),
                    text.chat(),
                    generator,
                    generator,
                    layer,
                    profiles())));
    services = services(catalog, generator.metrics());
  }

  private Supplier<Profiles> profiles() {
    Set<Integer> layers = Set.copyOf(info.moeLayers());
    GateShape shape = new GateShape(info.fingerprint(), layers, info.experts());
    LearningConfig learning = config.learning();
    return learning
        .profileDirectory()
        .<Supplier<Profiles>>map(
            at -> keep(ProfileDirectory.watch(at, learning.defaultProfile(), shape)))
        .orElse(() -> Profiles.NONE);
  }

  private List<BindableService> services(ModelCatalog catalog, GenerationMetrics metrics) {
    SecureRandom seeds = new SecureRandom();
    SlowReaders readers = keep(SlowReaders.watch(config.slowReaderLimits(), registry));
    Optional<Feedback> feedback = config.learning().feedback().map(Feedback::open).map(this::keep);
    List<BindableService> services =
        List.of(
            DegradedTrailer.on(
                new InferenceGrpcService(catalog, readers, seeds::nextLong, feedback)),
            DegradedTrailer.on(
                keep(
                    MoeGrpcService.open(
                        catalog, config.moeLimits(), seeds::nextLong, metrics::degraded))));
    return config.pool().allowMixedNumerics()
        ? services.stream().map(MixedNumericsHeader::on).toList()
        : services;
  }

  private ModelInfo info(String fingerprint) {
    ModelConfig model = checkpoint.config();
    return new ModelInfo(
        config.servedName(),
        model.family(),
        fingerprint,
        config.dtype().label(),
        model.contextLength(),
        model.vocabularySize(),
        model.hiddenSize(),
        model.layers().size(),
        model.moeLayers(),
        model.moe(model.moeLayers().get(0)).gate(),
        defaults.sampling());
  }

  private <T extends AutoCloseable> T keep(T part) {
    return open.keep(part);
  }

  /** What is served, over gRPC. */
  List<BindableService> services() {
    return services;
  }

  /** What operators call. */
  List<BindableService> operatorServices() {
    return operatorServices;
  }

  /** One line for the log. */
  String description() {
    return "model %s (%s, %s, fingerprint %s)"
        .formatted(info.name(), info.family(), info.dtype(), info.fingerprint());
  }

  @Override
  public void close() {
    open.close();
  }
}
