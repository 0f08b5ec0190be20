package io.ennead.cli.cluster;

import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.engine.EngineOptions;
import io.ennead.expert.engine.ExpertEngine;
import io.ennead.expert.engine.TorchExperts;
import io.ennead.router.api.InferenceGrpcService;
import io.ennead.router.api.LayerCalls;
import io.ennead.router.api.ModelCatalog;
import io.ennead.router.api.MoeGrpcService;
import io.ennead.router.api.MoeLimits;
import io.ennead.router.api.SlowReaders;
import io.ennead.router.generate.BatchGenerator;
import io.ennead.router.generate.BatchGenerator.BlockPool;
import io.ennead.router.generate.ModelInfo;
import io.ennead.router.generate.RequestPolicy;
import io.ennead.router.generate.SchedulerLimits;
import io.ennead.router.generate.ServedModel;
import io.ennead.router.model.DecoderOptions;
import io.ennead.router.model.LocalExpertLayer;
import io.ennead.router.model.MoeModel;
import io.ennead.router.model.TextTokenizer;
import io.ennead.router.moe.MoeLayer;
import io.ennead.router.moe.RoutingRule;
import io.ennead.router.sample.SamplingOptions;
import io.ennead.router.trace.TraceLevel;
import io.ennead.wire.ComputeType;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** A router whose experts are in its own process: what clusters must equal bit for bit. */
final class InProcessRouter implements AutoCloseable {
  private static final int BLOCKS = 4096;

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final Server server;

  InProcessRouter(ComputeType type) throws IOException {
    this(type, experts -> experts);
  }

  /** Runs other experts in place of the right ones. */
  InProcessRouter(ComputeType type, UnaryOperator<ExpertEngine> replace) throws IOException {
    Checkpoint checkpoint = Checkpoint.open(DemoPlan.MODEL);
    ExpertEngine experts =
        keep(
            TorchExperts.load(
                checkpoint,
                IntStream.range(0, DemoPlan.EXPERTS).boxed().toList(),
                new EngineOptions("cpu", type, 1, 0, 0, true),
                progress -> {}));
    LocalExpertLayer layer = new LocalExpertLayer(replace.apply(experts));
    MoeModel model =
        keep(
            MoeModel.load(
                checkpoint, new DecoderOptions("cpu", type, 1, 8, 64, true, BLOCKS, 32), layer));
    server = server(served(checkpoint, model, layer, type));
  }

  private ServedModel served(
      Checkpoint checkpoint, MoeModel model, LocalExpertLayer layer, ComputeType type)
      throws IOException {
    ModelInfo info = info(checkpoint, type);
    TextTokenizer tokenizer = keep(TextTokenizer.open(DemoPlan.MODEL));
    BatchGenerator generator =
        keep(
            BatchGenerator.start(
                model,
                info,
                tokenizer,
                Set.of(1),
                new SchedulerLimits(64, 64, 64, 256, true),
                new BlockPool(BLOCKS, 32),
                new PrometheusRegistry(),
                () -> {}));
    return new ServedModel(
        info,
        new RequestPolicy(
            RoutingRule.MODEL, new RequestPolicy.Bounds(8, 16, TraceLevel.FULL, 1 << 24, 1 << 20)),
        tokenizer,
        Optional.empty(),
        generator,
        generator,
        new MoeLayer(model.gateLogits(), model.gate(), layer, model.sharedExpert()));
  }

  private static ModelInfo info(Checkpoint checkpoint, ComputeType type) {
    return new ModelInfo(
        "demo",
        "mixtral",
        "",
        type.label(),
        checkpoint.config().contextLength(),
        checkpoint.config().vocabularySize(),
        checkpoint.config().hiddenSize(),
        checkpoint.config().layers().size(),
        checkpoint.config().moeLayers(),
        checkpoint.config().moe(0).gate(),
        SamplingOptions.DEFAULT);
  }

  private Server server(ServedModel model) throws IOException {
    ModelCatalog catalog = new ModelCatalog(List.of(model));
    return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        .addService(new InferenceGrpcService(catalog, readers(), () -> 1))
        .addService(
            new MoeGrpcService(
                keep(LayerCalls.open(catalog, MoeLimits.DEFAULT, () -> 1, tokens -> {}))))
        .build()
        .start();
  }

  private SlowReaders readers() {
    return keep(
        SlowReaders.watch(
            new SlowReaders.Limits(4096, 1 << 26, Duration.ofMinutes(1)),
            new PrometheusRegistry()));
  }

  String address() {
    return "127.0.0.1:" + server.getPort();
  }

  private <T extends AutoCloseable> T keep(T part) {
    open.push(part);
    return part;
  }

  @Override
  public void close() throws Exception {
    server.shutdownNow().awaitTermination();
    while (!open.isEmpty()) {
      open.pop().close();
    }
  }
}
