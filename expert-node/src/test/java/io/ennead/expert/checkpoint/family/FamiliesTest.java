package io.ennead.expert.checkpoint.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.expert.architecture.GroupedQueryAttention;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.DemoModel;
import io.ennead.expert.checkpoint.ModelFormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FamiliesTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir private Path directory;
  private ObjectNode json;

  @BeforeEach
  void startFromTheDemoModel() throws IOException {
    json = (ObjectNode) MAPPER.readTree(DemoModel.DIRECTORY.resolve("config.json").toFile());
  }

  @Test
  void demoModelIsUnderstood() {
    ModelConfig demo = read();
    assertThat(demo.family()).isEqualTo("mixtral");
    assertThat(demo.hiddenSize()).isEqualTo(192);
    assertThat(demo.layers()).hasSize(4);
    assertThat(demo.moeLayers()).containsExactly(0, 1, 2, 3);
    assertThat(demo.experts()).isEqualTo(8);
    assertThat(demo.expertsPerToken()).isEqualTo(2);
    assertThat(demo.expertWidth()).isEqualTo(384);
    assertThat(demo.vocabularySize()).isEqualTo(4096);
    assertThat(demo.contextLength()).isEqualTo(1024);
    assertThat(demo.tied()).isFalse();
    assertThat(demo.bosTokenId()).hasValue(0);
    assertThat(demo.eosTokenIds()).containsExactly(1);
    assertThat(attention(demo))
        .returns(6, GroupedQueryAttention::heads)
        .returns(3, GroupedQueryAttention::keyValueHeads)
        .returns(32, GroupedQueryAttention::headDim)
        .returns(10000.0, own -> own.rotary().theta());
  }

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
  void parametersAreTheNumbersOfTheCheckpoint(String family) {
    Checkpoint tiny = Checkpoint.open(Path.of("src/test/resources/families").resolve(family));
    long stored = tiny.names().stream().mapToLong(name -> tiny.info(name).elements()).sum();
    assertThat(tiny.config().parameters()).isEqualTo(stored);
  }

  private static GroupedQueryAttention attention(ModelConfig config) {
    return (GroupedQueryAttention) config.layers().get(0).attention();
  }

  @Test
  void windowOfMixtralIsOnEveryLayer() {
    set("sliding_window", "512");
    assertThat(attention(read()).window()).hasValue(512);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "{\"quant_method\":\"gptq\"} | quant_method: gptq | fp8",
        "{\"quant_method\":\"fp8\"} | weight_block_size: [] | [128, 128]",
      })
  void quantisationThatIsNotDequantisedIsRefused(String value, String what, String expected) {
    set("quantization_config", value);
    assertRefused("quantization_config." + what, expected);
  }

  @Test
  void grok2IsRefusedByName() {
    set("residual_moe", "true");
    assertRefused("residual_moe: Grok-2", "another family");
  }

  @Test
  void ropeParametersOfNewerFilesMeanTheSame() {
    ModelConfig before = read();
    json.remove("rope_theta");
    set("rope_parameters", "{\"rope_theta\": 10000.0, \"rope_type\": \"default\"}");
    json.remove("torch_dtype");
    set("dtype", "\"bfloat16\"");
    assertThat(read()).isEqualTo(before);
  }

  @Test
  void headDimNeedNotBeHiddenOverHeads() {
    set("head_dim", "64");
    assertThat(attention(read()).headDim()).isEqualTo(64);
    set("head_dim", "null");
    assertThat(attention(read()).headDim()).isEqualTo(32);
  }

  @Test
  void severalTokensMayEndASequence() {
    set("eos_token_id", "[1, 2]");
    json.remove("bos_token_id");
    assertThat(read().eosTokenIds()).containsExactly(1, 2);
    assertThat(read().bosTokenId()).isEmpty();
  }

  @Test
  void unknownKeysAreNoError() {
    set("some_future_key", "{\"deep\": [1]}");
    assertThat(read().layers()).hasSize(4);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "model_type | \"gpt2\" | one of mixtral",
        "model_type | 7 | a string",
        "hidden_act | \"gelu\" | silu",
        "sliding_window | 0 | a whole number from 1 to 2147483647",
        "rope_scaling | {\"type\":\"dynamic\",\"factor\":2.0} | default, linear or yarn",
        "num_key_value_heads | 4 | a divisor of 6",
        "num_attention_heads | 9 | a divisor of hidden_size 192",
        "num_experts_per_tok | 9 | a whole number from 1 to 8",
        "hidden_size | 0 | a whole number from 1 to 1048576",
        "hidden_size | -192 | a whole number from 1 to 1048576",
        "hidden_size | 192.0 | a whole number from 1 to 1048576",
        "hidden_size | \"192\" | a whole number from 1 to 1048576",
        "hidden_size | 4294967488 | a whole number from 1 to 1048576",
        "num_hidden_layers | [4] | a whole number from 1 to 1024",
        "head_dim | 31 | an even number (rotary embedding turns pairs)",
        "rms_norm_eps | 0 | a positive number",
        "rms_norm_eps | \"1e-5\" | a positive number",
        "rope_theta | 1e999 | a positive number",
        "rope_parameters | 7 | an object",
        "tie_word_embeddings | 1 | true or false",
        "bos_token_id | 4096 | a token id from 0 to 4095",
        "eos_token_id | [1,-1] | a token id from 0 to 4095",
      })
  void valueIsRefused(String key, String value, String expected) {
    set(key, value);
    assertRefused(key, expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "n_group | 2 | 1",
        "embedding_multiplier | 12 | 1",
        "residual_multiplier | \"1\" | 1",
        "attention_multiplier | 0.0078125 | null",
        "attention_bias | true | null or false",
        "mlp_bias | true | null or false",
        "attn_logit_softcapping | 50.0 | null or false",
        "final_logit_softcapping | 30.0 | null or false",
        "router_logit_softcapping | 30.0 | null or false",
        "n_shared_experts | 2 | null or false",
        "mlp_only_layers | [0] | null or false",
        "norm_topk_prob | false | true",
        "scoring_func | \"sigmoid\" | softmax",
      })
  void keyThatWouldChangeTheComputationIsRefused(String key, String value, String expected) {
    set(key, value);
    assertRefused(key + ": ", expected);
    set(key, "null");
    assertThat(read().layers()).hasSize(4);
  }

  @ParameterizedTest
  @CsvSource({
    "partial_rotary_factor, 1.0",
    "embedding_multiplier, 1",
    "attention_bias, false",
    "n_shared_experts, 0",
    "mlp_only_layers, []",
    "norm_topk_prob, true",
    "quantization_config, null",
  })
  void keyWithTheValueThatChangesNothingIsAccepted(String key, String value) {
    ModelConfig before = read();
    set(key, value);
    assertThat(read()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model_type",
        "hidden_act",
        "hidden_size",
        "num_hidden_layers",
        "num_attention_heads",
        "num_local_experts",
        "num_experts_per_tok",
        "intermediate_size",
        "vocab_size",
        "max_position_embeddings",
        "rms_norm_eps",
        "rope_theta"
      })
  void missingFieldIsRefused(String key) {
    json.remove(key);
    assertRefused(key + ": missing", "a value");
  }

  @Test
  void unknownRotaryScalingIsRefused() {
    set("rope_parameters", "{\"rope_theta\": 10000.0, \"rope_type\": \"longrope\"}");
    assertRefused("rope_parameters.rope_type: longrope", "default");
    set("rope_parameters", "{\"rope_theta\":1e4,\"rope_type\":\"default\",\"factor\":2}");
    assertRefused("rope_parameters.factor: 2", "null");
  }

  @Test
  void contradictoryRopeThetaIsRefused() {
    set("rope_parameters", "{\"rope_theta\": 1000000.0, \"rope_type\": \"default\"}");
    assertRefused("rope_theta: 10000.0", "1000000.0, as in rope_parameters");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "[] | JSON: [] (expected: an object",
        "'' | JSON: empty (expected: an object",
        "{\"a\":1,\"a\":1} | JSON: Duplicate field",
        "{\"a\": | JSON: Unexpected end-of-input",
        "{} {} | JSON: more after the first value",
      })
  void fileThatIsNoJsonObjectIsRefused(String text, String message) {
    Path file = directory.resolve("config.json");
    write(file, text.getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> Families.read(file))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith(file + ": " + message);
  }

  @Test
  void missingFileIsRefused() {
    Path file = directory.resolve("config.json");
    assertThatThrownBy(() -> Families.read(file))
        .isInstanceOf(ModelFormatException.class)
        .hasMessage(file + ": file: missing (expected: a regular file)");
  }

  private void set(String key, String value) {
    try {
      json.set(key, MAPPER.readTree(value));
    } catch (IOException e) {
      throw new AssertionError(value, e);
    }
  }

  private static void write(Path file, byte[] bytes) {
    try {
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private ModelConfig read() {
    Path file = directory.resolve("config.json");
    write(file, json.toString().getBytes(StandardCharsets.UTF_8));
    return Families.read(file);
  }

  private void assertRefused(String what, String expected) {
    assertThatThrownBy(this::read)
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith(directory.resolve("config.json") + ": " + what)
        .hasMessageContaining("(expected: " + expected);
  }
}
