package io.ennead.expert.checkpoint.family;

import io.ennead.expert.architecture.Activation;
import io.ennead.expert.architecture.GateConfig;
import io.ennead.expert.architecture.GatedFfn;
import io.ennead.expert.architecture.LayerConfig;
import io.ennead.expert.architecture.Linear;
import io.ennead.expert.architecture.MixtureOfExperts;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.Weight;
import java.util.Optional;

/** Granite-MoE (transformers, modular_granitemoe.py). */
final class GraniteMoe implements Family {
  @Override
  public String modelType() {
    return "granitemoe";
  }

  @Override
  public ModelConfig read(ConfigFields config) {
    LlamaParts llama = LlamaParts.read(config);
    Parts parts = llama.parts();
    parts.requireFullAttention();
    int experts = parts.experts("num_local_experts");
    int width = parts.width("intermediate_size");
    GateConfig gate = GateConfig.softmaxOfChosen(experts, parts.expertsPerToken(experts));
    boolean bias = config.flagOr("attention_bias", false);
    double scale = config.positiveNumberOr("attention_multiplier", 1);
    return parts.model(
        "model.norm.weight",
        i ->
            new LayerConfig(
                parts.attentionNorm(i),
                llama.attention(i).biases(bias, bias).scale(scale).build(),
                parts.ffnNorm(i),
                experts(Parts.layer(i) + "block_sparse_moe.", parts.hidden(), width, gate)),
        config.positiveNumberOr("embedding_multiplier", 1),
        config.positiveNumberOr("residual_multiplier", 1),
        1 / config.positiveNumberOr("logits_scaling", 1));
  }

  private static MixtureOfExperts experts(String moe, int hidden, int width, GateConfig gate) {
    return new MixtureOfExperts(
        Parts.linear(moe + "router.layer", gate.experts(), hidden, false),
        gate,
        Parts.experts(gate.experts(), e -> expert(moe, gate.experts(), e, hidden, width)),
        Optional.empty());
  }

  /** All experts lie in one tensor, gate above up. */
  private static GatedFfn expert(String moe, int experts, int e, int hidden, int width) {
    Weight gateUp = Weight.slice(moe + "input_linear.weight", experts, e, 2 * width, hidden);
    return new GatedFfn(
        Activation.SILU,
        new Linear(gateUp.everyRow(0, 1, width)),
        new Linear(gateUp.everyRow(width, 1, width)),
        new Linear(Weight.slice(moe + "output_linear.weight", experts, e, hidden, width)));
  }
}
