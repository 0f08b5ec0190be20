package io.ennead.expert.checkpoint.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.ennead.expert.checkpoint.ModelFormatException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Keys of config.json that change the computation, as Hugging Face models of several families spell
 * them. A family that knows one reads it; to any other it may only say what changes nothing.
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
          "sliding_window",
          "use_sliding_window");

  /** Factors, shares and steps: null or 1 changes nothing. */
  private static final Set<String> ONE =
      Set.of(
          "decoder_sparse_step",
          "embedding_multiplier",
          "logit_scale",
          "logits_scaling",
          "pretraining_tp",
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
          "query_pre_attn_scalar",
          "rope_parameters",
          "rope_scaling",
          "swiglu_limit");

  /** Choices: the one that is computed. */
  private static final Map<String, String> CHOICE =
      Map.of("norm_topk_prob", "true", "scoring_func", "softmax");

  /** Keys that concern training, Python or the storage format only. */
  private static final Set<String> HARMLESS =
      Set.of(
          "_name_or_path",
          "architectures",
          "attention_dropout",
          "auto_map",
          "aux_loss_alpha",
          "dtype",
          "ep_size",
          "experts_per_token", // gpt-oss repeats num_experts_per_tok
          "initial_context_length", // gpt-oss repeats rope_scaling's original context
          "initializer_range",
          "max_window_layers", // matters with use_sliding_window only, which is refused
          "num_nextn_predict_layers", // the layers behind the last are for training
          "output_router_logits",
          "pad_token_id",
          "router_aux_loss_coef",
          "router_jitter_noise",
          "seq_aux",
          "torch_dtype",
          "transformers_version",
          "use_cache");

  private NeutralKeys() {}

  /**
   * Refuses what would change the computation and was read by nobody.
   *
   * @throws ModelFormatException naming the first such key
   */
  static void requireUnread(ConfigFields fields) {
    for (String key : fields.unread()) {
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

  /** Keys that were read by nobody and are not listed here. */
  static List<String> unknown(ConfigFields fields) {
    return fields.unread().stream().filter(key -> !isListed(key)).toList();
  }

  private static boolean isListed(String key) {
    return OFF.contains(key)
        || ONE.contains(key)
        || ABSENT.contains(key)
        || CHOICE.containsKey(key)
        || HARMLESS.contains(key);
  }

  private static boolean isOff(JsonNode value) {
    boolean empty = value.isContainerNode() && value.isEmpty();
    return empty || isNumber(value, 0) || (value.isBoolean() && !value.booleanValue());
  }

  private static boolean isNumber(JsonNode value, double number) {
    return value.isNumber() && value.doubleValue() == number;
  }
}
