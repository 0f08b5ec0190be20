package io.ennead.expert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import io.ennead.expert.architecture.GatedFfn;
import io.ennead.expert.architecture.Weight;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.DemoModel;
import io.ennead.expert.checkpoint.FloatSource;
import io.ennead.expert.engine.TorchExperts;
import io.ennead.node.ConfigLoader;
import io.ennead.v1.DataType;
import io.ennead.v1.DescribeNodeRequest;
import io.ennead.v1.ExpertServiceForwardRequest;
import io.ennead.v1.ExpertServiceForwardResponse;
import io.ennead.v1.ExpertServiceGrpc;
import io.ennead.v1.ExpertSlice;
import io.ennead.v1.Phase;
import io.ennead.wire.TensorCodec;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The bundled model's experts on the real engine, called over a real socket. */
@Timeout(120)
class ServedDemoModelTest {
  private static final int HIDDEN = 192;
  private static final int WIDTH = 384;
  private static final int EXPERTS = 8;
  private static final int LAYER = 2;

  private static ExpertNode node;
  private static ManagedChannel channel;
  private static String fingerprint;

  @BeforeAll
  static void start() throws InterruptedException {
    Map<String, String> env = Map.of("ENNEAD_MODEL", DemoModel.DIRECTORY.toString());
    List<String> args = List.of("--port", "0", "--admin-port", "0");
    node =
        ExpertNode.start(
            ConfigLoader.load(ExpertConfig.class, "expert", args, env), TorchExperts::load);
    node.awaitReady(Duration.ofSeconds(60));
    channel = NettyChannelBuilder.forAddress("127.0.0.1", node.port()).usePlaintext().build();
    fingerprint =
        ExpertServiceGrpc.newBlockingStub(channel)
            .describeNode(DescribeNodeRequest.getDefaultInstance())
            .getModelFingerprint();
  }

  @AfterAll
  static void stop() {
    channel.shutdownNow();
    node.close();
  }

  @Test
  void everyExpertEqualsTheFormulaInBinary64() {
    long seed = System.nanoTime();
    float[] row = rows(new Random(seed), 1);
    int[] all = IntStream.range(0, EXPERTS).toArray();
    float[] outputs =
        TensorCodec.floats(
            ExpertServiceGrpc.newBlockingStub(channel)
                .forward(request(Phase.PHASE_DECODE, row, all))
                .getOutputs(),
            "outputs");
    Checkpoint checkpoint = Checkpoint.open(DemoModel.DIRECTORY);
    for (int expert : all) {
      double[] expected = swiglu(checkpoint, expert, row);
      double error = 0;
      double norm = 0;
      for (int i = 0; i < HIDDEN; i++) {
        error += Math.pow(outputs[expert * HIDDEN + i] - expected[i], 2);
        norm += expected[i] * expected[i];
      }
      assertThat(Math.sqrt(error / norm)).as("seed %d", seed).isCloseTo(0, within(1e-5));
    }
  }

  @Test
  void concurrentCallsGetTheBitsThatEachGetsAlone() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    List<ExpertServiceForwardRequest> requests = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      Phase phase = i % 2 == 0 ? Phase.PHASE_DECODE : Phase.PHASE_PREFILL;
      int rows = 1 + random.nextInt(20);
      int[] experts = random.ints(0, EXPERTS).distinct().limit(1 + i % 4).toArray();
      requests.add(request(phase, rows(random, rows), experts));
    }
    List<ByteString> alone = new ArrayList<>();
    for (ExpertServiceForwardRequest request : requests) {
      alone.add(ExpertServiceGrpc.newBlockingStub(channel).forward(request).getOutputs().getData());
    }
    var stub = ExpertServiceGrpc.newFutureStub(channel);
    for (int round = 0; round < 10; round++) {
      List<ListenableFuture<ExpertServiceForwardResponse>> together =
          requests.stream().map(stub::forward).toList();
      for (int i = 0; i < together.size(); i++) {
        assertThat(together.get(i).get().getOutputs().getData().equals(alone.get(i)))
            .as("seed %d, call %d", seed, i)
            .isTrue();
      }
    }
  }

  private static ExpertServiceForwardRequest request(Phase phase, float[] rows, int... experts) {
    int count = rows.length / HIDDEN;
    var request =
        ExpertServiceForwardRequest.newBuilder()
            .setModelFingerprint(fingerprint)
            .setLayer(LAYER)
            .setPhase(phase)
            .setRows(TensorCodec.encode(rows, DataType.DATA_TYPE_F32, count, HIDDEN));
    List<Integer> all = IntStream.range(0, count).boxed().toList();
    for (int expert : experts) {
      request.addSlices(ExpertSlice.newBuilder().setExpert(expert).addAllRows(all));
    }
    return request.build();
  }

  private static float[] rows(Random random, int count) {
    float[] rows = new float[count * HIDDEN];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = (float) random.nextGaussian();
    }
    return rows;
  }

  /** {@code W2(silu(W1 x) * W3 x)}. */
  private static double[] swiglu(Checkpoint checkpoint, int expert, float[] row) {
    GatedFfn ffn = checkpoint.config().moe(LAYER).experts().get(expert);
    double[] x = IntStream.range(0, HIDDEN).mapToDouble(i -> row[i]).toArray();
    double[] gate = multiply(weights(checkpoint, ffn.gate().weight()), x, WIDTH);
    double[] up = multiply(weights(checkpoint, ffn.up().weight()), x, WIDTH);
    double[] inner = new double[WIDTH];
    for (int i = 0; i < WIDTH; i++) {
      inner[i] = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
    }
    return multiply(weights(checkpoint, ffn.down().weight()), inner, HIDDEN);
  }

  private static double[] multiply(float[] matrix, double[] vector, int rows) {
    double[] product = new double[rows];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < vector.length; j++) {
        product[i] += matrix[i * vector.length + j] * vector[j];
      }
    }
    return product;
  }

  private static float[] weights(Checkpoint checkpoint, Weight weight) {
    float[] values = new float[HIDDEN * WIDTH];
    try (FloatSource source = checkpoint.open(weight)) {
      source.read(weight.offset(), FloatBuffer.wrap(values));
    }
    return values;
  }
}
