package io.ennead.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ennead.cli.synthetic.ByteTokenizer;
import io.ennead.client.EnneadClient;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.checkpoint.family.Families;
import io.ennead.v1.DataType;
import io.ennead.v1.ExcludedExpert;
import io.ennead.v1.GateInfo;
import io.ennead.v1.GateScore;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.LayerTrace;
import io.ennead.v1.MoeServiceForwardRequest;
import io.ennead.v1.MoeServiceForwardResponse;
import io.ennead.v1.RoutingMode;
import io.ennead.v1.RoutingOptions;
import io.ennead.v1.RoutingTrace;
import io.ennead.v1.RoutingWeights;
import io.ennead.v1.SamplingOptions;
import io.ennead.v1.StoppingOptions;
import io.ennead.v1.Tensor;
import io.ennead.v1.TokenIds;
import io.ennead.v1.TokenLogprob;
import io.ennead.v1.TraceLevel;
import io.ennead.v1.TraceOptions;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every family through eight expert nodes over gRPC, against its reference implementation. */
class FamilyClusterIT {
  private static final Path ROOT = Path.of("../../expert-node/src/test/resources/families");
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mixtral",
        "grok-1",
        "qwen2_moe",
        "qwen3_moe",
        "olmoe",
        "deepseek_v3",
        "gpt_oss",
        "granitemoe"
      })
  void eightNodesGiveTheRecordedTokensAndLayers(String family) throws Exception {
    Path model = copyWithTokenizer(ROOT.resolve(family));
    ModelConfig config = Families.read(model.resolve("config.json"));
    ClusterPlan plan = new ClusterPlan(model, "f32", config.experts(), PortPlan.of(0, 8));
    JsonNode golden = JSON.readTree(ROOT.resolve(family).resolve("golden.json").toFile());
    LocalCluster cluster = LocalCluster.start(plan, DemoPlan.START_LIMIT);
    try (EnneadClient client = EnneadClient.connect(plan.ports().router().address())) {
      assertThat(client.listModels(LIMIT).getModels(0).getMoeLayersList())
          .isEqualTo(config.moeLayers());
      for (JsonNode sequence : golden.get("sequences")) {
        checkGreedy(client, sequence);
      }
      checkOptions(
          client,
          ints(golden.get("sequences").get(2).get("input_ids")),
          client.listModels(LIMIT).getModels(0).getGate());
      SafetensorsFile layers = SafetensorsFile.read(ROOT.resolve(family + "/experts.safetensors"));
      for (int layer : config.moeLayers()) {
        checkLayer(client, layer, layers);
      }
    } finally {
      cluster.close();
    }
  }

  private static void checkGreedy(EnneadClient client, JsonNode sequence) {
    GenerateRequest request =
        GenerateRequest.newBuilder()
            .setTokenIds(TokenIds.newBuilder().addAllIds(ints(sequence.get("input_ids"))))
            .setSampling(SamplingOptions.newBuilder().setTemperature(0))
            .setStopping(StoppingOptions.newBuilder().setMaxTokens(16).setIgnoreEos(true))
            .setLogprobs(20)
            .setTrace(TraceOptions.newBuilder().setLevel(TraceLevel.TRACE_LEVEL_FULL))
            .build();
    List<Integer> ids = new ArrayList<>();
    List<TokenLogprob> logprobs = new ArrayList<>();
    try (var generation = client.generate(request, LIMIT)) {
      while (generation.hasNext()) {
        GenerateResponse piece = generation.next();
        ids.addAll(piece.getTokenIdsList());
        logprobs.addAll(piece.getLogprobsList());
        if (piece.getTokenIdsCount() == 0) { // of the prompt; none of the prompts has two chunks
          checkTrace(piece.getTrace(), sequence.get("layers"));
        }
      }
    }
    assertThat(ids).isEqualTo(ints(sequence.get("greedy_ids")));
    checkLogprobs(logprobs.get(0), sequence.get("logits_last"));
  }

  private static void checkTrace(RoutingTrace trace, JsonNode layers) {
    for (LayerTrace layer : trace.getLayersList()) {
      JsonNode golden = layers.get(layer.getLayer());
      assertClose(layer.getLogitsList(), golden.get("router_logits"), 1e-4);
      assertClose(layer.getWeightsList(), golden.get("weights"), 2e-5);
      List<Integer> experts = new ArrayList<>();
      golden.get("expert_ids").forEach(row -> experts.addAll(ints(row)));
      assertThat(layer.getExpertIdsList()).isEqualTo(experts);
      assertThat(layer.getNodeList()).doesNotContain(0);
    }
  }

  private static void assertClose(List<Float> values, JsonNode rows, double tolerance) {
    int at = 0;
    for (JsonNode row : rows) {
      for (JsonNode expected : row) {
        assertThat((double) values.get(at++)).isCloseTo(expected.doubleValue(), within(tolerance));
      }
    }
    assertThat(values).hasSize(at);
  }

  /** Options that every gate can be asked for, and what must be seen of them. */
  private static void checkOptions(EnneadClient client, List<Integer> prompt, GateInfo gate) {
    int top = trace(client, prompt, RoutingOptions.newBuilder()).get(0).getExpertIds(0);
    RoutingOptions.Builder without =
        RoutingOptions.newBuilder().addExcluded(ExcludedExpert.newBuilder().setExpert(top));
    for (LayerTrace layer : trace(client, prompt, without)) {
      assertThat(layer.getExpertIdsList()).doesNotContain(top);
    }
    RoutingOptions.Builder equal =
        RoutingOptions.newBuilder()
            .setMode(RoutingMode.ROUTING_MODE_SAMPLED)
            .setTemperature(3)
            .setWeights(RoutingWeights.ROUTING_WEIGHTS_UNIFORM)
            .setExpertsPerToken(3);
    for (LayerTrace layer : trace(client, prompt, equal)) {
      assertThat(layer.getExpertsPerToken()).isEqualTo(3);
      for (int place = 0; place < layer.getWeightsCount(); place++) {
        assertThat(layer.getWeights(place)).isEqualTo(layer.getWeights(place / 3 * 3));
      }
    }
    if (gate.getScore() != GateScore.GATE_SCORE_SIGMOID) {
      for (LayerTrace layer :
          trace(client, prompt, RoutingOptions.newBuilder().setTemperature(0))) {
        int k = layer.getExpertsPerToken();
        for (int place = 0; place < layer.getWeightsCount(); place++) {
          assertThat(layer.getWeights(place) > 0).isEqualTo(place % k == 0);
          assertThat(layer.getNode(place) > 0).isEqualTo(place % k == 0);
        }
      }
    }
  }

  private static List<LayerTrace> trace(
      EnneadClient client, List<Integer> prompt, RoutingOptions.Builder routing) {
    GenerateRequest request =
        GenerateRequest.newBuilder()
            .setTokenIds(TokenIds.newBuilder().addAllIds(prompt))
            .setRouting(routing)
            .setStopping(StoppingOptions.newBuilder().setMaxTokens(1))
            .setTrace(TraceOptions.newBuilder().setLevel(TraceLevel.TRACE_LEVEL_FULL))
            .build();
    List<LayerTrace> layers = new ArrayList<>();
    try (var generation = client.generate(request, LIMIT)) {
      generation.forEachRemaining(piece -> layers.addAll(piece.getTrace().getLayersList()));
    }
    assertThat(layers).isNotEmpty();
    return layers;
  }

  /** Twice the bound for logits: a log-probability is a difference of two. */
  private static void checkLogprobs(TokenLogprob first, JsonNode logits) {
    double sum = 0;
    for (JsonNode logit : logits) {
      sum += Math.exp(logit.doubleValue());
    }
    assertThat(first.getTopCount()).isEqualTo(20);
    for (TokenLogprob top : first.getTopList()) {
      assertThat(top.getLogprob())
          .isCloseTo(logits.get(top.getId()).doubleValue() - Math.log(sum), within(1e-4));
    }
  }

  private static void checkLayer(EnneadClient client, int layer, SafetensorsFile golden) {
    String prefix = "layers." + layer + ".";
    float[] input = golden.floats(prefix + "input");
    int rows = golden.shape(prefix + "input").get(0);
    Tensor hidden =
        Tensor.newBuilder()
            .setDataType(DataType.DATA_TYPE_F32)
            .addShape(rows)
            .addShape(input.length / rows)
            .setData(golden.bytes(prefix + "input"))
            .build();
    MoeServiceForwardResponse response =
        client.moeForward(
            MoeServiceForwardRequest.newBuilder().setLayer(layer).setHidden(hidden).build(), LIMIT);
    assertThat(response.getRouting().getExpertIdsList())
        .isEqualTo(golden.longs(prefix + "expert_ids"));
    float[] weights = golden.floats(prefix + "weights");
    for (int i = 0; i < weights.length; i++) {
      assertThat((double) response.getRouting().getWeights(i)).isCloseTo(weights[i], within(2e-5));
    }
    FloatBuffer output =
        response
            .getOutput()
            .getData()
            .asReadOnlyByteBuffer()
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer();
    float[] expected = golden.floats(prefix + "moe_output");
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) output.get(i))
          .as("%s%d", prefix, i)
          .isCloseTo(expected[i], within(2e-5 + 1e-5 * Math.abs(expected[i])));
    }
  }

  private static List<Integer> ints(JsonNode list) {
    List<Integer> ints = new ArrayList<>();
    list.forEach(node -> ints.add(node.intValue()));
    return ints;
  }

  /** The fixtures speak in token ids; the router wants a tokenizer none the less. */
  private Path copyWithTokenizer(Path fixture) throws IOException {
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(fixture.resolve(file), directory.resolve(file));
    }
    ByteTokenizer.write(directory.resolve("tokenizer.json"));
    return directory;
  }
}
