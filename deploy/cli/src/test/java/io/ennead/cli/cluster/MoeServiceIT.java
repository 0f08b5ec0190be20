package io.ennead.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.client.EnneadClient;
import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.Weight;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.FloatSource;
import io.ennead.expert.engine.EngineOptions;
import io.ennead.expert.engine.TorchExperts;
import io.ennead.router.model.DecoderOptions;
import io.ennead.router.model.LocalExpertLayer;
import io.ennead.router.model.MoeModel;
import io.ennead.router.model.Span;
import io.ennead.router.model.Span.Logits;
import io.ennead.router.model.Step;
import io.ennead.router.model.StepObserver;
import io.ennead.router.moe.CallScope;
import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.router.moe.MoeLayer;
import io.ennead.router.moe.Routing;
import io.ennead.router.moe.RoutingObserver;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.moe.ScoredGate;
import io.ennead.v1.DataType;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.MoeServiceForwardRequest;
import io.ennead.v1.MoeServiceForwardResponse;
import io.ennead.v1.Tensor;
import io.ennead.wire.ComputeType;
import io.ennead.wire.TensorCodec;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;

/** MoeService of eight nodes on layer inputs captured from a run of the model. */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(300)
class MoeServiceIT {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final int HIDDEN = 192;
  private static final int TOKENS = 40;

  private final Checkpoint checkpoint = Checkpoint.open(DemoPlan.MODEL);
  private final ScoredGate gate = ScoredGate.softmax(DemoPlan.EXPERTS, 2);
  private final TorchExperts experts =
      TorchExperts.load(
          checkpoint,
          IntStream.range(0, DemoPlan.EXPERTS).boxed().toList(),
          new EngineOptions("cpu", ComputeType.F32, 1, 0, 0, true),
          p -> {});
  private final MoeModel model =
      MoeModel.load(
          checkpoint,
          new DecoderOptions("cpu", ComputeType.F32, 1, 8, 64, true, 64, 32),
          new LocalExpertLayer(experts));
  private final ClusterPlan plan = DemoPlan.of("f32", 8);
  private final List<float[]> captured = new ArrayList<>();
  private LocalCluster cluster;
  private EnneadClient client;

  @BeforeAll
  void start() throws Exception {
    capture();
    cluster = LocalCluster.start(plan, DemoPlan.START_LIMIT);
    client = EnneadClient.connect(plan.ports().router().address());
  }

  @AfterAll
  void close() {
    client.close();
    cluster.close();
    model.close();
    experts.close();
  }

  private void capture() {
    int[] prompt = IntStream.range(0, TOKENS).map(i -> i == 0 ? 0 : 37 * i % 4093 + 3).toArray();
    int[] blocks = IntStream.range(1, 10).toArray();
    Span span = new Span(prompt, 0, blocks, RoutingOptions.DEFAULT, Logits.NONE);
    StepObserver observer =
        new StepObserver() {
          @Override
          public void routed(int layer, float[] hidden, float[] logits, Routing routing) {
            captured.add(hidden.clone());
          }

          @Override
          public void logits(int s, int row, float[] logits, int offset) {}
        };
    assertThat(model.run(new Step(Phase.PREFILL, List.of(span)), CallScope.unbounded(), observer))
        .isEmpty();
    assertThat(captured).hasSize(4);
  }

  @Test
  void everyLayerEqualsTheFormulaInDoubleArithmetic() {
    for (int layer = 0; layer < 4; layer++) {
      float[] output = output(forward(layer, 1.0));
      assertThat(relativeError(output, oracle(layer, captured.get(layer), 1.0)))
          .as("layer %d", layer)
          .isLessThan(1e-5);
    }
  }

  @Test
  void routingTemperatureIsTheFormulas() {
    for (double temperature : new double[] {0.5, 2, 0, Double.POSITIVE_INFINITY}) {
      float[] output = output(forward(2, temperature));
      assertThat(relativeError(output, oracle(2, captured.get(2), temperature)))
          .as("temperature %s", temperature)
          .isLessThan(1e-5);
    }
  }

  @Test
  void temperatureOneIsBitIdenticalToNone() {
    MoeServiceForwardRequest none =
        MoeServiceForwardRequest.newBuilder().setLayer(1).setHidden(tensor(1)).build();

    assertThat(client.moeForward(none, LIMIT).getOutput()).isEqualTo(forward(1, 1.0).getOutput());
  }

  @Test
  void sixteenConcurrentCallersGetTheBitsOfTheLayerInProcess() {
    MoeLayer local =
        new MoeLayer(model.gateLogits(), gate, new LocalExpertLayer(experts), model.sharedExpert());
    ExecutorService pool = Executors.newFixedThreadPool(16);
    try {
      List<CompletableFuture<Void>> callers = new ArrayList<>();
      for (int caller = 0; caller < 16; caller++) {
        int layer = caller % 4;
        float[] expected =
            local
                .forward(
                    layer,
                    Phase.PREFILL,
                    captured.get(layer),
                    RoutingOptions.DEFAULT,
                    CallScope.unbounded(),
                    RoutingObserver.NONE)
                .rows()
                .values();
        callers.add(
            CompletableFuture.runAsync(
                () -> {
                  for (int i = 0; i < 10; i++) {
                    assertThat(Arrays.equals(output(forward(layer, 1.0)), expected)).isTrue();
                  }
                },
                pool));
      }
      callers.forEach(CompletableFuture::join);
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void badInputIsRefusedByReasonAndTheNextCallSucceeds() {
    assertRefused(ErrorReason.ERROR_REASON_LAYER_UNKNOWN, tensor(0), 4);
    assertRefused(
        ErrorReason.ERROR_REASON_TENSOR_SHAPE_MISMATCH,
        TensorCodec.encode(new float[10], DataType.DATA_TYPE_F32, 1, 10),
        0);
    assertRefused(
        ErrorReason.ERROR_REASON_TENSOR_DTYPE_MISMATCH,
        tensor(0).toBuilder().setDataType(DataType.DATA_TYPE_I32).build(),
        0);
    float[] bad = captured.get(0).clone();
    bad[77] = Float.NaN;
    assertRefused(
        ErrorReason.ERROR_REASON_TENSOR_NOT_FINITE,
        TensorCodec.encode(bad, DataType.DATA_TYPE_F32, TOKENS, HIDDEN),
        0);
    assertRefused(
        ErrorReason.ERROR_REASON_TOO_MANY_TOKENS,
        TensorCodec.encode(new float[8193 * HIDDEN], DataType.DATA_TYPE_F32, 8193, HIDDEN),
        0);
  }

  @Test
  void aMessageOverTheTransportsLimitIsRefusedAndTheChannelStaysUsable() {
    int tokens = 90_000; // 69 MB of rows; the limit is 64 MiB
    Tensor large =
        TensorCodec.encode(new float[tokens * HIDDEN], DataType.DATA_TYPE_F32, tokens, HIDDEN);

    assertThatThrownBy(() -> client.moeForward(request(large, 0), LIMIT))
        .hasMessageContaining("exceeds maximum size");
    assertThat(forward(0, 1.0).getOutput().getShapeList()).containsExactly((long) TOKENS, 192L);
  }

  private void assertRefused(ErrorReason reason, Tensor hidden, int layer) {
    assertThatThrownBy(() -> client.moeForward(request(hidden, layer), LIMIT))
        .isInstanceOfSatisfying(
            ServingException.class,
            e -> {
              assertThat(e.reason()).isEqualTo(reason);
              assertThat(e.metadata()).containsKeys("field", "value", "expected");
            });
    assertThat(forward(0, 1.0).getOutput().getShapeList()).containsExactly((long) TOKENS, 192L);
  }

  private MoeServiceForwardResponse forward(int layer, double temperature) {
    MoeServiceForwardRequest.Builder request = request(tensor(layer), layer).toBuilder();
    request.getRoutingBuilder().setTemperature(temperature);
    return client.moeForward(request.build(), LIMIT);
  }

  private static MoeServiceForwardRequest request(Tensor hidden, int layer) {
    return MoeServiceForwardRequest.newBuilder().setLayer(layer).setHidden(hidden).build();
  }

  private Tensor tensor(int layer) {
    return TensorCodec.encode(captured.get(layer), DataType.DATA_TYPE_F32, TOKENS, HIDDEN);
  }

  private static float[] output(MoeServiceForwardResponse response) {
    return TensorCodec.floats(response.getOutput(), "output");
  }

  /** softmax(l / T) over the two best experts, times w2(silu(w1 x) * w3 x), in double. */
  private double[] oracle(int layer, float[] rows, double temperature) {
    String prefix = "model.layers.%d.block_sparse_moe.".formatted(layer);
    float[] gateWeights = weights(prefix + "gate.weight");
    double[] out = new double[rows.length];
    for (int row = 0; row < TOKENS; row++) {
      double[] x = row(rows, row);
      double[] logits = product(gateWeights, x);
      int[] best =
          IntStream.range(0, 8)
              .boxed()
              .sorted((a, b) -> Double.compare(logits[b], logits[a]))
              .limit(2)
              .mapToInt(Integer::intValue)
              .toArray();
      double ratio = ratio(logits[best[1]] - logits[best[0]], temperature);
      double[] shares = {1 / (1 + ratio), ratio / (1 + ratio)};
      for (int k = 0; k < 2; k++) {
        double[] y = expert(prefix + "experts." + best[k], x);
        for (int i = 0; i < HIDDEN; i++) {
          out[row * HIDDEN + i] += shares[k] * y[i];
        }
      }
    }
    return out;
  }

  private static double ratio(double difference, double temperature) {
    return temperature == 0 ? 0 : Math.exp(difference / temperature);
  }

  private double[] expert(String prefix, double[] x) {
    double[] w1 = product(weights(prefix + ".w1.weight"), x);
    double[] w3 = product(weights(prefix + ".w3.weight"), x);
    double[] inner = new double[w1.length];
    Arrays.setAll(inner, i -> w1[i] / (1 + Math.exp(-w1[i])) * w3[i]);
    return product(weights(prefix + ".w2.weight"), inner);
  }

  private final Map<String, float[]> cache = new java.util.HashMap<>();

  private float[] weights(String name) {
    return cache.computeIfAbsent(
        name,
        n -> {
          List<Long> shape = checkpoint.info(n).shape();
          Weight whole = Weight.matrix(n, shape.get(0).intValue(), shape.get(1).intValue());
          try (FloatSource source = checkpoint.open(whole)) {
            float[] values = new float[(int) whole.size()];
            source.read(0, FloatBuffer.wrap(values));
            return values;
          }
        });
  }

  private static double[] product(float[] matrix, double[] x) {
    double[] result = new double[matrix.length / x.length];
    for (int i = 0; i < matrix.length; i++) {
      result[i / x.length] += matrix[i] * x[i % x.length];
    }
    return result;
  }

  private static double[] row(float[] rows, int row) {
    return IntStream.range(0, HIDDEN).mapToDouble(i -> rows[row * HIDDEN + i]).toArray();
  }

  private static double relativeError(float[] actual, double[] expected) {
    double error = 0;
    double norm = 0;
    for (int i = 0; i < actual.length; i++) {
      error += Math.pow(actual[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    assertThat(norm).isGreaterThan(1e-6);
    return Math.sqrt(error / norm);
  }
}
