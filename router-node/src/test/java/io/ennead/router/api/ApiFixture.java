package io.ennead.router.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.GateConfig;
import io.ennead.node.GrpcErrors;
import io.ennead.router.generate.ByteCodec;
import io.ennead.router.generate.FakeScorer;
import io.ennead.router.generate.Generator;
import io.ennead.router.generate.ModelInfo;
import io.ennead.router.generate.RequestPolicy;
import io.ennead.router.generate.Scorer;
import io.ennead.router.generate.ServedModel;
import io.ennead.router.model.TextCodec;
import io.ennead.router.moe.ExpertLayer;
import io.ennead.router.moe.MoeLayer;
import io.ennead.router.moe.RoutingRule;
import io.ennead.router.moe.ScoredGate;
import io.ennead.router.sample.SamplingOptions;
import io.ennead.router.trace.TraceLevel;
import io.ennead.v1.ErrorReason;
import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** A service on an in-process channel, and a model made of fakes. */
public final class ApiFixture {
  public static final int CONTEXT = 32;
  public static final int VOCABULARY = 257;
  public static final int HIDDEN = FakeScorer.HIDDEN;
  public static final int LAYERS = 2;
  public static final int SCORE_TOKENS = 2000;

  private final Server server;
  private final ManagedChannel channel;

  /** Serves it. */
  public ApiFixture(BindableService service) throws IOException {
    String name = InProcessServerBuilder.generateName();
    server = InProcessServerBuilder.forName(name).addService(service).build().start();
    channel = InProcessChannelBuilder.forName(name).build();
  }

  /** Readers that may leave so many pieces unread, for as long as a test takes. */
  public static SlowReaders readers(int pieces) {
    return readers(pieces, Duration.ofMinutes(10));
  }

  /** Readers that may also take nothing for so long. */
  public static SlowReaders readers(int pieces, Duration stall) {
    return readers(pieces, stall, new PrometheusRegistry());
  }

  /** The same, counted in a registry. */
  static SlowReaders readers(int pieces, Duration stall, PrometheusRegistry registry) {
    return SlowReaders.watch(new SlowReaders.Limits(pieces, 1 << 20, stall), registry);
  }

  /** To the service. */
  public ManagedChannel channel() {
    return channel;
  }

  /** A model of 257 byte tokens, 2 layers of 4 experts, whose gate logits are the row itself. */
  public static ServedModel model(Generator generator, Scorer scorer, ExpertLayer experts) {
    ModelInfo info =
        new ModelInfo(
            "tiny",
            "mixtral",
            "f00d",
            "f32",
            CONTEXT,
            VOCABULARY,
            HIDDEN,
            LAYERS,
            IntStream.range(0, LAYERS).boxed().toList(),
            GateConfig.softmax(4, 2, true),
            SamplingOptions.of(0.7, 0, 0.9, 0));
    MoeLayer moe =
        new MoeLayer(
            (layer, phase, hidden) -> hidden.clone(),
            ScoredGate.softmax(4, 2),
            experts,
            (layer, phase, hidden) -> new float[0]);
    RequestPolicy policy =
        new RequestPolicy(
            RoutingRule.MODEL,
            new RequestPolicy.Bounds(4, 3, TraceLevel.FULL, 1 << 20, SCORE_TOKENS));
    return new ServedModel(info, policy, new ByteCodec(), Optional.empty(), generator, scorer, moe);
  }

  /** The same model with another policy and tokenizer. */
  static ServedModel with(ServedModel model, RequestPolicy policy, TextCodec codec) {
    return with(model, model.info(), policy, codec);
  }

  private static ServedModel with(
      ServedModel model, ModelInfo info, RequestPolicy policy, TextCodec codec) {
    return new ServedModel(
        info, policy, codec, model.chat(), model.generator(), model.scorer(), model.moe());
  }

  /** The same model with another context. */
  static ServedModel withContext(ServedModel model, int context) {
    ModelInfo info = model.info();
    return with(
        model,
        new ModelInfo(
            info.name(),
            info.family(),
            info.fingerprint(),
            info.dtype(),
            context,
            info.vocabularySize(),
            info.hiddenSize(),
            info.layers(),
            info.moeLayers(),
            info.gate(),
            info.defaultSampling()),
        model.policy(),
        model.codec());
  }

  /** Asserts that a call fails with a reason, its code and, in the metadata, a field. */
  public static ServingException assertFails(
      ThrowingCallable call, ErrorReason reason, String field, String message) {
    Throwable thrown = catchThrowable(call);
    assertThat(thrown).as("%s %s", field, message).isNotNull();
    assertThat(Status.fromThrowable(thrown).getCode()).isEqualTo(GrpcErrors.code(reason));
    ServingException error = GrpcErrors.fromThrowable(thrown);
    assertThat(error.reason()).as(message).isEqualTo(reason);
    assertThat(error.metadata()).as(message).containsAllEntriesOf(metadata(field));
    assertThat(error.getMessage()).contains(message);
    return error;
  }

  private static Map<String, String> metadata(String field) {
    return field.isEmpty() ? Map.of() : Map.of("field", field);
  }

  /** Ends channel and server. */
  public void close() throws InterruptedException {
    channel.shutdownNow();
    server.shutdownNow();
    assertThat(server.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
  }
}
