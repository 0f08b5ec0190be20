package io.ennead.expert.checkpoint.family;

import io.ennead.expert.architecture.Activation;
import io.ennead.expert.architecture.GateConfig;
import io.ennead.expert.architecture.GatedFfn;
import io.ennead.expert.architecture.LayerConfig;
import io.ennead.expert.architecture.MixtureOfExperts;
import io.ennead.expert.architecture.ModelConfig;
import java.util.Optional;

/** Mixtral 8x7B, 8x22B and their kin (transformers, modular_mixtral.py). */
final class Mixtral implements Family {
  @Override
  public String modelType() {
    return "mixtral";
  }

  @Override
  public ModelConfig read(ConfigFields config) {
    LlamaParts llama = LlamaParts.read(config);
    Parts parts = llama.parts();
    int experts = parts.experts("num_local_experts");
    int width = parts.width("intermediate_size");
    GateConfig gate = GateConfig.softmax(experts, parts.expertsPerToken(experts), true);
    return parts.model(
        i -> {
          String moe = Parts.layer(i) + "block_sparse_moe.";
          return new LayerConfig(
              parts.attentionNorm(i),
              llama.attention(i).window(parts.window(i)).build(),
              parts.ffnNorm(i),
              new MixtureOfExperts(
                  Parts.linear(moe + "gate", experts, parts.hidden(), false),
                  gate,
                  Parts.experts(experts, e -> expert(parts, moe + "experts." + e + ".", width)),
                  Optional.empty()));
        });
  }

  private static GatedFfn expert(Parts parts, String prefix, int width) {
    return parts.ffn(Activation.SILU, prefix + "w1", prefix + "w3", prefix + "w2", width);
  }
}
