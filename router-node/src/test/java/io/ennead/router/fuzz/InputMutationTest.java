package io.ennead.router.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.ennead.router.api.kserve.ClientRequests;
import io.ennead.v1.DataType;
import io.ennead.v1.ExpertServiceForwardRequest;
import io.ennead.v1.ExpertSlice;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.MoeServiceForwardRequest;
import io.ennead.v1.ScoreRequest;
import io.ennead.v1.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Mutants of everything that a node reads are taken or refused by typed errors, in little time and
 * memory. CheckpointMutationTest does the same for config.json and safetensors of every family,
 * with every weight read. {@code -Dennead.long=true} takes a hundred times as many.
 */
@Timeout(1200)
class InputMutationTest {
  private static final int MUTANTS = Boolean.getBoolean("ennead.long") ? 10_000 : 100;

  private static final String TEMPLATE =
      """
      {{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}
      [INST] {{ message['content'] | trim }} [/INST]{% elif message.role == 'assistant' and not loop.last %}
      {{ message['content'] + eos_token }}{% else %}{{ raise_exception('no') if false else "12" }}{% endif %}
      {% endfor %}{% set ns = namespace(n=0) %}{% if add_generation_prompt %}>{{ range(3) | list }}{% endif %}
      """;

  private static final String ROUTER =
      """
      model: "/models/demo"
      expert-nodes: ["127.0.0.1:8500", "127.0.0.1:8502"]
      port: 8470
      routing-temperature: 1.0
      max-message-bytes: "64MiB"
      grace: "30s"
      verify-experts: true
      """;

  private static final String EXPERT =
      """
      model: "/models/demo"
      experts: "0-3"
      port: 8500
      max-message-bytes: 67108864
      threads: 1
      allow-insecure: false
      """;

  @TempDir private Path directory;

  @ParameterizedTest
  @EnumSource
  void mutantsAreTakenOrRefused(Input input) throws IOException {
    long seed = new Random().nextLong();
    InputCheck check = new InputCheck(input, directory);
    byte[] valid = valid(input);
    assertThat(check.accepts(valid, "valid " + input)).as("valid %s", input).isTrue();
    Mutator mutator = new Mutator(seed);
    int refused = 0;
    for (int round = 0; round < MUTANTS; round++) {
      byte[] mutant = text(input) ? mutator.text(valid) : mutator.bytes(valid);
      refused +=
          check.accepts(mutant, "%s, seed %d, round %d".formatted(input, seed, round)) ? 0 : 1;
    }
    assertThat(refused).as("%s, seed %d: some are wrong", input, seed).isPositive();
  }

  private static boolean text(Input input) {
    return input.compareTo(Input.GENERATE) < 0 && input != Input.SAFETENSORS;
  }

  private byte[] valid(Input input) throws IOException {
    return switch (input) {
      case CONFIG -> Files.readAllBytes(Input.DEMO.resolve("config.json"));
      case INDEX -> Files.readAllBytes(Input.DEMO.resolve("model.safetensors.index.json"));
      case SAFETENSORS -> Files.readAllBytes(Input.SMALL.resolve("model.safetensors"));
      case PACK_MANIFEST -> Files.readAllBytes(directory.resolve("manifest.json"));
      case GENERATION_CONFIG ->
          """
          {"do_sample": true, "temperature": 0.6, "top_k": 20, "top_p": 0.95, "min_p": 0.01,
           "typical_p": 0.9, "repetition_penalty": 1.05, "eos_token_id": [2, 7]}
          """
              .getBytes(UTF_8);
      case TOKENIZER_CONFIG ->
          """
          {"bos_token": "<s>", "eos_token": {"content": "</s>"}, "chat_template":
           [{"name": "default", "template": "{{ messages[0].content }}"}, {"name": "other"}]}
          """
              .getBytes(UTF_8);
      case CHAT_TEMPLATE -> TEMPLATE.getBytes(UTF_8);
      case ROUTER_FILE -> ROUTER.getBytes(UTF_8);
      case EXPERT_FILE -> EXPERT.getBytes(UTF_8);
      case GENERATE -> generate();
      case SCORE -> ScoreRequest.newBuilder().setModel("demo").build().toByteArray();
      case MOE_FORWARD -> MoeServiceForwardRequest.newBuilder().setLayer(1).build().toByteArray();
      case KSERVE_INFER -> ClientRequests.text().toByteArray();
      case EXPERT_FORWARD -> forward();
    };
  }

  private static byte[] generate() {
    GenerateRequest.Builder request = GenerateRequest.newBuilder().setModel("demo");
    request.getChatBuilder().addMessagesBuilder().setRole("user").setContent("Who?");
    request.getSamplingBuilder().setTemperature(0.5).setTopK(40).putLogitBias(3, -1.5);
    request.getStoppingBuilder().setMaxTokens(5).addStop("x");
    return request.build().toByteArray();
  }

  private static byte[] forward() {
    Tensor rows =
        Tensor.newBuilder()
            .setDataType(DataType.DATA_TYPE_F32)
            .addShape(2)
            .addShape(3)
            .setData(ByteString.copyFrom(new byte[24]))
            .build();
    return ExpertServiceForwardRequest.newBuilder()
        .setLayer(1)
        .setRows(rows)
        .addSlices(ExpertSlice.newBuilder().setExpert(3).addRows(0).addRows(1))
        .build()
        .toByteArray();
  }
}
