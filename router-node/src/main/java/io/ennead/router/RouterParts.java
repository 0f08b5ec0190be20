package io.ennead.router;

import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.pack.PackDirectory;
import io.ennead.node.Dialer;
import io.ennead.node.Readiness;
import io.ennead.node.Tracing;
import io.ennead.node.http.Route;
import io.ennead.router.api.ClusterGrpcService;
import io.ennead.router.api.DegradedTrailer;
import io.ennead.router.api.GenerationReader;
import io.ennead.router.api.InferenceGrpcService;
import io.ennead.router.api.LayerCalls;
import io.ennead.router.api.MixedNumericsHeader;
import io.ennead.router.api.ModelCatalog;
import io.ennead.router.api.MoeGrpcService;
import io.ennead.router.api.SlowReaders;
import io.ennead.router.api.kserve.KServeGrpcService;
import io.ennead.router.balance.BalanceSchedule;
import io.ennead.router.balance.Balancer;
import io.ennead.router.console.Sources;
import io.ennead.router.console.Timeline;
import io.ennead.router.feedback.Feedback;
import io.ennead.router.generate.BatchGenerator;
import io.ennead.router.generate.GenerationDefaults;
import io.ennead.router.generate.ModelInfo;
import io.ennead.router.generate.ServedModel;
import io.ennead.router.http.OpenAiRoutes;
import io.ennead.router.model.MoeModel;
import io.ennead.router.model.TextCodec;
import io.ennead.router.moe.MoeLayer;
import io.ennead.router.pack.PackKeeper;
import io.ennead.router.pack.PackOperator;
import io.ennead.router.profile.GateShape;
import io.ennead.router.profile.ProfileDirectory;
import io.ennead.router.profile.Profiles;
import io.grpc.BindableService;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.security.SecureRandom;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The router's parts, put together by hand from the bottom up; closed from the top down. */
final class RouterParts implements AutoCloseable {
  private final Started open = new Started();
  private final RouterConfig config;
  private final PrometheusRegistry registry;
  private final Checkpoint checkpoint;
  private final ModelInfo info;
  private final GenerationDefaults defaults;
  private List<BindableService> services = List.of();
  private List<Route> routes = List.of();
  private List<BindableService> operatorServices = List.of();
  private @Nullable IntFunction<Sources> sources;

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
      Timeline timeline,
      Readiness readiness,
      PrometheusRegistry registry) {
    RouterParts parts = new RouterParts(config, registry);
    try {
      parts.open(dialer, tracing, timeline, readiness);
      return parts;
    } catch (RuntimeException e) {
      parts.close();
      throw e;
    }
  }

  private void open(Dialer dialer, Tracing tracing, Timeline timeline, Readiness readiness) {
    config.requireRoomFor(info.contextLength());
    ModelText text = keep(ModelText.open(config.model(), checkpoint.config()));
    ExpertDispatch dispatch =
        keep(
            ExpertDispatch.start(
                config,
                checkpoint,
                info.fingerprint(),
                dialer,
                tracing,
                timeline,
                readiness,
                registry));
    MoeModel model = keep(MoeModel.load(checkpoint, config.decoderOptions(), dispatch.layer()));
    operatorServices = List.of(operators(dispatch, model));
    BatchGenerator generator = keep(generator(model, text, tracing, readiness));
    serve(
        new ModelCatalog(List.of(served(dispatch, model, text, generator))), generator, readiness);
    sources = port -> sources(dispatch, generator, text.tokenizer(), readiness, port);
  }

  private ClusterGrpcService operators(ExpertDispatch dispatch, MoeModel model) {
    PoolConfig pool = config.pool();
    Balancer balancer = dispatch.balancer();
    if (!pool.balanceInterval().isZero()) {
      keep(BalanceSchedule.start(balancer, pool.balancing(), pool.balanceInterval()));
    }
    PackDirectory packs = new PackDirectory(pool.packs(), checkpoint.config(), info.fingerprint());
    PackOperator operator = dispatch.packs(balancer, packs, model.packs(), pool);
    keep(PackKeeper.start(operator, registry));
    return new ClusterGrpcService(balancer, operator);
  }

  private BatchGenerator generator(
      MoeModel model, ModelText text, Tracing tracing, Readiness readiness) {
    return BatchGenerator.start(
        model,
        info,
        text.tokenizer(),
        defaults.endOfSequence(),
        config.schedulerLimits(),
        config.blockPool(),
        registry,
        tracing,
        () -> readiness.waitFor("generation", "ended by an error; restart the node"));
  }

  private ServedModel served(
      ExpertDispatch dispatch, MoeModel model, ModelText text, BatchGenerator generator) {
    MoeLayer layer =
        new MoeLayer(
            model.gateLogits(),
            model.gate(),
            dispatch.layer(),
            model.sharedExpert(),
            model.packs());
    return new ServedModel(
        info,
        config.requestPolicy(info.gate()),
        text.tokenizer(),
        text.chat(),
        generator,
        generator,
        layer,
        profiles());
  }

  /** Puts every protocol before the models. */
  private void serve(ModelCatalog catalog, BatchGenerator generator, Readiness readiness) {
    SlowReaders readers = keep(SlowReaders.watch(config.slowReaderLimits(), registry));
    SecureRandom seeds = new SecureRandom();
    Optional<Feedback> feedback = config.learning().feedback().map(Feedback::open).map(this::keep);
    GenerationReader generations = new GenerationReader(catalog, seeds::nextLong, feedback);
    LayerCalls layers =
        keep(
            LayerCalls.open(
                catalog, config.moeLimits(), seeds::nextLong, generator.metrics()::degraded));
    services =
        services(
            new InferenceGrpcService(catalog, readers, seeds::nextLong, feedback),
            new MoeGrpcService(layers),
            new KServeGrpcService(catalog, generations, layers, readiness, readers));
    routes =
        OpenAiRoutes.of(
            catalog,
            generations,
            readers,
            Math.min(config.maxMessageBytes(), OpenAiRoutes.MAX_BODY),
            config.slowReaderLimits().bytes(),
            config.pool().allowMixedNumerics());
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

  /** With the headers and trailers that all of them have. */
  private List<BindableService> services(BindableService... bare) {
    Stream<BindableService> services = Stream.of(bare).map(DegradedTrailer::on);
    return config.pool().allowMixedNumerics()
        ? services.map(MixedNumericsHeader::on).toList()
        : services.toList();
  }

  private Sources sources(
      ExpertDispatch dispatch,
      BatchGenerator generator,
      TextCodec codec,
      Readiness readiness,
      int httpPort) {
    return new Sources(
        info,
        readiness,
        dispatch::nodes,
        dispatch.layer()::load,
        dispatch.counts(),
        generator.metrics()::load,
        generator::look,
        httpPort,
        config.consolePrompts() ? Optional.of(ids -> codec.decode(ids, true)) : Optional.empty());
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

  /** What is served, over HTTP. */
  List<Route> routes() {
    return routes;
  }

  /** Where the console learns what it shows, beside the port of OpenAI's API. */
  Sources sources(int httpPort) {
    return Objects.requireNonNull(sources, "sources").apply(httpPort);
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
