package io.ennead.expert.checkpoint;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A family of models: how its checkpoints name their tensors. Selected by the model_type of
 * config.json, here and nowhere else.
 */
public enum Family {
  /** Mixtral 8x7B, 8x22B and whatever else has their architecture. */
  MIXTRAL("mixtral");

  private final String modelType;

  Family(String modelType) {
    this.modelType = modelType;
  }

  /** The model_type of config.json. */
  public String modelType() {
    return modelType;
  }

  static Optional<Family> of(String modelType) {
    return Arrays.stream(values()).filter(family -> family.modelType.equals(modelType)).findFirst();
  }

  static String supported() {
    return Arrays.stream(values()).map(Family::modelType).collect(Collectors.joining(", "));
  }

  /** Token embedding, [vocabulary, hidden]. */
  public String embedding() {
    return "model.embed_tokens.weight";
  }

  /** Weight of the norm before the head, [hidden]. */
  public String finalNorm() {
    return "model.norm.weight";
  }

  /** Language model head, [vocabulary, hidden]; absent when tied to the embedding. */
  public String head() {
    return "lm_head.weight";
  }

  /** Weight of the norm before attention, [hidden]. */
  public String inputNorm(int layer) {
    return layer(layer) + "input_layernorm.weight";
  }

  /** Weight of the norm before gate and experts, [hidden]. */
  public String postAttentionNorm(int layer) {
    return layer(layer) + "post_attention_layernorm.weight";
  }

  /** Query projection, [heads * headDim, hidden]. */
  public String query(int layer) {
    return layer(layer) + "self_attn.q_proj.weight";
  }

  /** Key projection, [keyValueHeads * headDim, hidden]. */
  public String key(int layer) {
    return layer(layer) + "self_attn.k_proj.weight";
  }

  /** Value projection, [keyValueHeads * headDim, hidden]. */
  public String value(int layer) {
    return layer(layer) + "self_attn.v_proj.weight";
  }

  /** Output projection of attention, [hidden, heads * headDim]. */
  public String attentionOutput(int layer) {
    return layer(layer) + "self_attn.o_proj.weight";
  }

  /** Gate that scores the experts, [experts, hidden]. */
  public String gate(int layer) {
    return layer(layer) + "block_sparse_moe.gate.weight";
  }

  /** W1 of {@code W2(silu(W1 x) * W3 x)}, [expertWidth, hidden]. */
  public String expertGate(int layer, int expert) {
    return expert(layer, expert) + "w1.weight";
  }

  /** W3 of {@code W2(silu(W1 x) * W3 x)}, [expertWidth, hidden]. */
  public String expertUp(int layer, int expert) {
    return expert(layer, expert) + "w3.weight";
  }

  /** W2 of {@code W2(silu(W1 x) * W3 x)}, [hidden, expertWidth]. */
  public String expertDown(int layer, int expert) {
    return expert(layer, expert) + "w2.weight";
  }

  private static String layer(int layer) {
    return "model.layers." + layer + ".";
  }

  private static String expert(int layer, int expert) {
    return layer(layer) + "block_sparse_moe.experts." + expert + ".";
  }
}
