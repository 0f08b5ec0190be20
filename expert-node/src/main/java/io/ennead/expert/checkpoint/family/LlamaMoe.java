package io.ennead.expert.checkpoint.family;

import io.ennead.expert.architecture.FeedForward;
import io.ennead.expert.architecture.GateConfig;
import io.ennead.expert.architecture.MixtureOfExperts;
import io.ennead.expert.architecture.SharedExpert;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The feed-forward networks of Qwen, OLMoE and DeepSeek, which name their tensors alike: {@code
 * mlp.gate}, {@code mlp.experts.N}, or a dense network of Llama's names.
 */
final class LlamaMoe {
  private final Parts parts;
  private final GateConfig gate;
  private final int width;

  /** Experts of {@code width}, chosen by {@code gate}. */
  LlamaMoe(Parts parts, GateConfig gate, int width) {
    this.parts = parts;
    this.gate = gate;
    this.width = width;
  }

  FeedForward experts(int layer, Optional<SharedExpert> shared) {
    return experts(layer, gate, shared);
  }

  /** With a gate of this layer's own. */
  FeedForward experts(int layer, GateConfig own, Optional<SharedExpert> shared) {
    String mlp = Parts.layer(layer) + "mlp.";
    return new MixtureOfExperts(
        Parts.linear(mlp + "gate", own.experts(), parts.hidden(), false),
        own,
        Parts.experts(own.experts(), e -> parts.llamaFfn(mlp + "experts." + e + ".", width)),
        shared);
  }

  FeedForward dense(int layer, int denseWidth) {
    return parts.llamaFfn(Parts.layer(layer) + "mlp.", denseWidth);
  }

  /** Qwen's rule for the layers that have experts (transformers, modular_qwen2_moe.py). */
  static Set<Integer> qwenDenseLayers(ConfigFields config, int layers) {
    List<Integer> listed = config.integers("mlp_only_layers");
    int step = config.positiveOr("decoder_sparse_step", 1);
    Set<Integer> dense = new HashSet<>(listed);
    for (int layer = 0; layer < layers; layer++) {
      if ((layer + 1) % step != 0) {
        dense.add(layer);
      }
    }
    return Set.copyOf(dense);
  }
}
