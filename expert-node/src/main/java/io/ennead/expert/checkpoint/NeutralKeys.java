package io.ennead.expert.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Set;

/**
 * Keys of config.json that change the computation, as Hugging Face models of several families spell
 * them. None of them is supported, so each may be there with the value only that changes nothing.
 */
final class NeutralKeys {
  /** Features: null, false, 0 or empty is off. */
  private static final Set<String> OFF =
      Set.of(
          "add_cross_attention",
          "alibi",
          "attention_bias",
          "attention_sink",
          "attn_logit_softcapping",
          "clip_qkv",
          "final_logit_softcapping",
          "first_k_dense_replace",
          "is_encoder_decoder",
          "mlp_bias",
          "mlp_only_layers",
          "n_shared_experts",
          "num_shared_experts",
          "qk_norm",
          "qkv_bias",
          "router_logit_softcapping",
          "scale_embedding",
          "shared_expert_intermediate_size",
          "shared_intermediate_size",
          "use_alibi",
          "use_bias",
          "use_parallel_residual",
          "use_qk_norm",
          "use_qkv_bias",
          "use_sliding_window");

  /** Factors, shares and steps: null or 1 changes nothing. */
  private static final Set<String> ONE =
      Set.of(
          "decoder_sparse_step",
          "embedding_multiplier",
          "logit_scale",
          "logits_scaling",
          "moe_layer_freq",
          "n_group",
          "partial_rotary_factor",
          "residual_multiplier",
          "rotary_pct",
          "routed_scaling_factor",
          "scale_emb",
          "topk_group");

  /** What is changed by whatever stands there. */
  private static final Set<String> ABSENT =
      Set.of(
          "attention_multiplier",
          "compression_config",
          "quantization_config",
          "query_pre_attn_scalar");

  /** Choices: the one that is computed. */
  private static final Map<String, String> CHOICE =
      Map.of("norm_topk_prob", "true", "scoring_func", "softmax");

  private NeutralKeys() {}

  static boolean contains(String key) {
    return OFF.contains(key)
        || ONE.contains(key)
        || ABSENT.contains(key)
        || CHOICE.containsKey(key);
  }

  /**
   * Refuses what would change the computation.
   *
   * @throws ModelFormatException naming the first such key
   */
  static void require(ConfigFields fields) {
    for (String key : fields.names()) {
      if (OFF.contains(key)) {
        fields.requireNeutral(key, NeutralKeys::isOff, "null or false, it is not supported");
      } else if (ONE.contains(key)) {
        fields.requireNeutral(key, value -> isNumber(value, 1), "1, no other is supported");
      } else if (ABSENT.contains(key)) {
        fields.requireAbsent(key);
      } else if (CHOICE.containsKey(key)) {
        String choice = CHOICE.get(key);
        fields.requireNeutral(key, value -> value.asText().equals(choice), choice);
      }
    }
  }

  private static boolean isOff(JsonNode value) {
    boolean empty = value.isContainerNode() && value.isEmpty();
    return empty || isNumber(value, 0) || (value.isBoolean() && !value.booleanValue());
  }

  private static boolean isNumber(JsonNode value, double number) {
    return value.isNumber() && value.doubleValue() == number;
  }
}
