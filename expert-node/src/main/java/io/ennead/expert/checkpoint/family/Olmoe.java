package io.ennead.expert.checkpoint.family;

import io.ennead.expert.architecture.Attention;
import io.ennead.expert.architecture.GateConfig;
import io.ennead.expert.architecture.LayerConfig;
import io.ennead.expert.architecture.ModelConfig;
import java.util.Optional;
import java.util.OptionalDouble;

/** OLMoE (transformers, modular_olmoe.py): norms over all heads together, then clip_qkv. */
final class Olmoe implements Family {
  @Override
  public String modelType() {
    return "olmoe";
  }

  @Override
  public ModelConfig read(ConfigFields config) {
    LlamaParts llama = LlamaParts.read(config);
    Parts parts = llama.parts();
    parts.requireFullAttention();
    int experts = parts.experts("num_experts");
    GateConfig gate =
        GateConfig.softmax(
            experts, parts.expertsPerToken(experts), config.flagOr("norm_topk_prob", false));
    LlamaMoe moe = new LlamaMoe(parts, gate, parts.width("intermediate_size"));
    boolean bias = config.flagOr("attention_bias", false);
    OptionalDouble clip = config.optionalPositive("clip_qkv");
    return parts.model(
        i ->
            new LayerConfig(
                parts.attentionNorm(i),
                attention(llama, i, bias, clip),
                parts.ffnNorm(i),
                moe.experts(i, Optional.empty())));
  }

  private static Attention attention(
      LlamaParts llama, int layer, boolean bias, OptionalDouble clip) {
    String prefix = LlamaParts.attentionPrefix(layer);
    return llama
        .attention(layer)
        .biases(bias, bias)
        .norms(
            llama.parts().norm(prefix + "q_norm.weight", llama.heads().queryWidth()),
            llama.parts().norm(prefix + "k_norm.weight", llama.heads().keyWidth()))
        .clip(clip)
        .build();
  }
}
