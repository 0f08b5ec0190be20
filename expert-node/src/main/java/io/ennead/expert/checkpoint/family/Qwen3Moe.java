package io.ennead.expert.checkpoint.family;

import io.ennead.expert.architecture.Attention;
import io.ennead.expert.architecture.GateConfig;
import io.ennead.expert.architecture.LayerConfig;
import io.ennead.expert.architecture.ModelConfig;
import java.util.Optional;
import java.util.Set;

/** Qwen3-MoE (transformers, modular_qwen3_moe.py). */
final class Qwen3Moe implements Family {
  @Override
  public String modelType() {
    return "qwen3_moe";
  }

  @Override
  public ModelConfig read(ConfigFields config) {
    LlamaParts llama = LlamaParts.read(config);
    Parts parts = llama.parts();
    parts.requireFullAttention();
    parts.requireUnusedWindow();
    int experts = parts.experts("num_experts");
    GateConfig gate =
        GateConfig.softmax(
            experts, parts.expertsPerToken(experts), config.flagOr("norm_topk_prob", false));
    LlamaMoe moe = new LlamaMoe(parts, gate, parts.width("moe_intermediate_size"));
    Set<Integer> dense = LlamaMoe.qwenDenseLayers(config, parts.layers());
    int denseWidth = parts.width("intermediate_size");
    boolean bias = config.flagOr("attention_bias", false);
    return parts.model(
        i ->
            new LayerConfig(
                parts.attentionNorm(i),
                attention(llama, i, bias),
                parts.ffnNorm(i),
                dense.contains(i) ? moe.dense(i, denseWidth) : moe.experts(i, Optional.empty())));
  }

  private static Attention attention(LlamaParts llama, int layer, boolean bias) {
    String prefix = LlamaParts.attentionPrefix(layer);
    return llama
        .attention(layer)
        .biases(bias, bias)
        .norms(
            llama.parts().norm(prefix + "q_norm.weight", llama.heads().dim()),
            llama.parts().norm(prefix + "k_norm.weight", llama.heads().dim()))
        .build();
  }
}
