package io.ennead.learn.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The dimensions of a student of the Mixtral family; one expert is a dense model.
 *
 * @param hidden width of a row; a multiple of {@code heads}, twice an even number of times
 * @param layers number of layers
 * @param heads query heads
 * @param keyValueHeads key and value heads; divides {@code heads}
 * @param width inner width of an expert
 * @param experts routed experts of each layer
 * @param expertsPerToken at most {@code experts}
 */
public record StudentShape(
    int hidden,
    int layers,
    int heads,
    int keyValueHeads,
    int width,
    int experts,
    int expertsPerToken) {
  private static final List<String> FROM_TEACHER =
      List.of("bos_token_id", "eos_token_id", "max_position_embeddings", "vocab_size");

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Checks that the numbers fit each other. */
  public StudentShape {
    require(hidden >= 2 && hidden % (2 * heads) == 0, "hidden", hidden, "a multiple of 2 x heads");
    require(layers >= 1, "layers", layers, "at least 1");
    require(
        keyValueHeads >= 1 && heads % keyValueHeads == 0, "kv heads", keyValueHeads, "a divisor");
    require(width >= 1, "width", width, "at least 1");
    require(experts >= 1, "experts", experts, "at least 1");
    boolean chosen = expertsPerToken >= 1 && expertsPerToken <= experts;
    require(chosen, "experts per token", expertsPerToken, "1 to " + experts);
  }

  private static void require(boolean holds, String name, int value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException("%s: %d (expected: %s)".formatted(name, value, expected));
    }
  }

  /**
   * The student's config.json: vocabulary and context are the teacher's.
   *
   * @param teacher directory of the teacher's model
   */
  public String config(Path teacher) throws IOException {
    JsonNode from = JSON.readTree(teacher.resolve("config.json").toFile());
    ObjectNode config = JSON.createObjectNode();
    config.putArray("architectures").add("MixtralForCausalLM");
    config.put("model_type", "mixtral").put("hidden_act", "silu").put("torch_dtype", "float32");
    for (String key : FROM_TEACHER) {
      config.set(key, from.path(key));
    }
    return config
        .put("hidden_size", hidden)
        .put("intermediate_size", width)
        .put("num_attention_heads", heads)
        .put("num_experts_per_tok", expertsPerToken)
        .put("num_hidden_layers", layers)
        .put("num_key_value_heads", keyValueHeads)
        .put("num_local_experts", experts)
        .put("rms_norm_eps", 1e-5)
        .put("rope_theta", 10000.0)
        .put("tie_word_embeddings", false)
        .toPrettyString();
  }
}
