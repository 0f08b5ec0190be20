package io.ennead.expert.checkpoint.family;

import io.ennead.expert.architecture.GateConfig;
import io.ennead.expert.architecture.GatedFfn;
import io.ennead.expert.architecture.LayerConfig;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.SharedExpert;
import io.ennead.expert.architecture.Weight;
import java.util.Optional;
import java.util.Set;

/** Qwen1.5-MoE and Qwen2-MoE (transformers, modular_qwen2_moe.py). */
final class Qwen2Moe implements Family {
  @Override
  public String modelType() {
    return "qwen2_moe";
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
    int sharedWidth = parts.width("shared_expert_intermediate_size");
    boolean bias = config.flagOr("qkv_bias", true);
    return parts.model(
        i ->
            new LayerConfig(
                parts.attentionNorm(i),
                llama.attention(i).biases(bias, false).build(),
                parts.ffnNorm(i),
                dense.contains(i)
                    ? moe.dense(i, denseWidth)
                    : moe.experts(i, Optional.of(shared(parts, i, sharedWidth)))));
  }

  private static SharedExpert shared(Parts parts, int layer, int width) {
    String mlp = Parts.layer(layer) + "mlp.";
    GatedFfn ffn = parts.llamaFfn(mlp + "shared_expert.", width);
    Weight gate = Weight.matrix(mlp + "shared_expert_gate.weight", 1, parts.hidden());
    return new SharedExpert(ffn, Optional.of(gate));
  }
}
