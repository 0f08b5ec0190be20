package io.ennead.expert.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns a config.json into a {@link ModelConfig}. Values that would change the computation are
 * understood or refused; keys that are unknown are logged, since they might.
 */
final class ModelConfigReader {
  private static final Logger logger = LoggerFactory.getLogger(ModelConfigReader.class);

  /** Keys that are read below. */
  private static final Set<String> UNDERSTOOD =
      Set.of(
          "model_type",
          "hidden_act",
          "hidden_size",
          "num_hidden_layers",
          "num_attention_heads",
          "num_key_value_heads",
          "head_dim",
          "num_local_experts",
          "num_experts_per_tok",
          "intermediate_size",
          "vocab_size",
          "max_position_embeddings",
          "rms_norm_eps",
          "rope_theta",
          "rope_parameters",
          "rope_scaling",
          "sliding_window",
          "tie_word_embeddings",
          "bos_token_id",
          "eos_token_id");

  /** Keys that concern training, Python or the storage format only. */
  private static final Set<String> HARMLESS =
      Set.of(
          "_name_or_path",
          "architectures",
          "attention_dropout",
          "dtype",
          "initializer_range",
          "output_router_logits",
          "pad_token_id",
          "router_aux_loss_coef",
          "router_jitter_noise",
          "torch_dtype",
          "transformers_version",
          "use_cache");

  private final ConfigFields fields;

  private ModelConfigReader(ConfigFields fields) {
    this.fields = fields;
  }

  static ModelConfig read(Path file) {
    var mapper = new ObjectMapper();
    JsonNode root = StrictJson.parseFile(file, parser -> mapper.<JsonNode>readTree(parser));
    if (root == null) {
      throw ModelFormatException.of(file, "JSON", "empty", "an object");
    }
    var reader = new ModelConfigReader(new ConfigFields(file, "", root));
    ModelConfig config = reader.read();
    reader.reportUnknown(file);
    return config;
  }

  private ModelConfig read() {
    Family family = family();
    fields.requireText("hidden_act", "silu");
    fields.requireAbsent("sliding_window");
    fields.requireAbsent("rope_scaling");
    NeutralKeys.require(fields);
    int vocabulary = fields.positive("vocab_size");
    int heads = fields.positive("num_attention_heads");
    int experts = fields.positive("num_local_experts");
    return new ModelConfig(
        family,
        fields.positive("hidden_size"),
        fields.positive("num_hidden_layers"),
        heads,
        keyValueHeads(heads),
        headDim(heads),
        experts,
        expertsPerToken(experts),
        fields.positive("intermediate_size"),
        vocabulary,
        fields.positive("max_position_embeddings"),
        fields.positiveNumber("rms_norm_eps"),
        ropeTheta(),
        fields.flagOr("tie_word_embeddings", false),
        fields.tokenId("bos_token_id", vocabulary),
        fields.tokenIds("eos_token_id", vocabulary));
  }

  private Family family() {
    String modelType = fields.text("model_type");
    return Family.of(modelType)
        .orElseThrow(() -> fields.refuse("model_type", modelType, "one of " + Family.supported()));
  }

  private int keyValueHeads(int heads) {
    int keyValueHeads = fields.positive("num_key_value_heads");
    if (heads % keyValueHeads != 0) {
      throw fields.refuse("num_key_value_heads", keyValueHeads, "a divisor of " + heads);
    }
    return keyValueHeads;
  }

  private int headDim(int heads) {
    int hidden = fields.positive("hidden_size");
    if (!fields.has("head_dim") && hidden % heads != 0) {
      throw fields.refuse("num_attention_heads", heads, "a divisor of hidden_size " + hidden);
    }
    int headDim = fields.positiveOr("head_dim", hidden / heads);
    if (headDim % 2 != 0) {
      throw fields.refuse("head_dim", headDim, "an even number, rotary embedding turns pairs");
    }
    return headDim;
  }

  private int expertsPerToken(int experts) {
    int expertsPerToken = fields.positive("num_experts_per_tok");
    if (expertsPerToken > experts) {
      throw fields.refuse(
          "num_experts_per_tok", expertsPerToken, "at most num_local_experts " + experts);
    }
    return expertsPerToken;
  }

  /** Written as rope_theta by transformers 4, inside rope_parameters by transformers 5. */
  private double ropeTheta() {
    if (!fields.has("rope_parameters")) {
      return fields.positiveNumber("rope_theta");
    }
    ConfigFields rope = fields.object("rope_parameters");
    rope.requireText("rope_type", "default");
    requireOnly(rope, List.of("rope_type", "rope_theta"));
    double theta = rope.positiveNumber("rope_theta");
    if (fields.has("rope_theta") && fields.positiveNumber("rope_theta") != theta) {
      throw fields.refuse(
          "rope_theta", fields.positiveNumber("rope_theta"), theta + ", as in rope_parameters");
    }
    return theta;
  }

  private static void requireOnly(ConfigFields object, List<String> allowed) {
    for (String name : object.names()) {
      if (!allowed.contains(name)) {
        object.requireAbsent(name);
      }
    }
  }

  private void reportUnknown(Path file) {
    List<String> unknown = fields.names().stream().filter(name -> !isKnown(name)).toList();
    if (!unknown.isEmpty()) {
      logger.warn("{}: unknown keys, not used: {}", file, unknown);
    }
  }

  private static boolean isKnown(String name) {
    return UNDERSTOOD.contains(name) || HARMLESS.contains(name) || NeutralKeys.contains(name);
  }
}
