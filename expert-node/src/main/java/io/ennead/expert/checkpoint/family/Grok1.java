package io.ennead.expert.checkpoint.family;

import io.ennead.expert.architecture.Activation;
import io.ennead.expert.architecture.Attention;
import io.ennead.expert.architecture.GateConfig;
import io.ennead.expert.architecture.GatedFfn;
import io.ennead.expert.architecture.LayerConfig;
import io.ennead.expert.architecture.MixtureOfExperts;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.Rotary;
import io.ennead.expert.architecture.RotaryScaling;
import java.util.Optional;

/**
 * Grok-1 (xai-org/grok-1, model.py), with the tensor names of HPC-AI Tech's PyTorch port. The gate
 * is softmax over all experts, not renormalised and without a soft cap: other implementations
 * differ.
 */
final class Grok1 implements Family {
  private static final double ROTARY_BASE = 10_000;

  @Override
  public String modelType() {
    return "grok-1";
  }

  @Override
  public ModelConfig read(ConfigFields config) {
    Parts parts = new Parts(config);
    Heads heads = Heads.read(config, parts.hidden());
    requireBase(config);
    Rotary rotary = new Rotary(heads.dim(), false, ROTARY_BASE, new RotaryScaling.Unscaled());
    double scale = config.positiveNumber("attn_output_multiplier");
    double cap = config.positiveNumber("max_attn_value");
    MoeReader moe = new MoeReader(parts);
    return parts.model(
        "model.norm.scale",
        i ->
            layer(
                parts,
                i,
                new AttentionBuilder(heads, parts.hidden(), rotary, Parts.layer(i) + "attn.")
                    .scale(scale)
                    .softCap(cap)
                    .build(),
                moe.layer(i)),
        config.positiveNumber("embedding_multiplier_scale"),
        1,
        config.positiveNumber("output_multiplier_scale"));
  }

  /** xAI's code has it as a constant; a port that says otherwise computes something else. */
  private static void requireBase(ConfigFields config) {
    double base = config.positiveNumberOr("rope_theta", ROTARY_BASE);
    if (base != ROTARY_BASE) {
      throw config.refuse("rope_theta", base, ROTARY_BASE + ", as in xAI's model.py");
    }
  }

  private static LayerConfig layer(Parts parts, int i, Attention attention, MixtureOfExperts moe) {
    String layer = Parts.layer(i);
    return new LayerConfig(
        parts.norm(layer + "pre_attn_norm.scale"),
        attention,
        Optional.of(parts.norm(layer + "post_attn_norm.scale")),
        parts.norm(layer + "pre_moe_norm.scale"),
        moe,
        Optional.of(parts.norm(layer + "post_moe_norm.scale")));
  }

  /** The experts of every layer. */
  private record MoeReader(Parts parts, int width, GateConfig gate) {
    MoeReader(Parts parts) {
      this(parts, parts.width("intermediate_size"), gate(parts));
    }

    private static GateConfig gate(Parts parts) {
      int experts = parts.experts("num_experts");
      return GateConfig.softmax(experts, parts.expertsPerToken(experts), false);
    }

    MixtureOfExperts layer(int i) {
      String moe = Parts.layer(i) + "moe_block.";
      return new MixtureOfExperts(
          Parts.linear(moe + "gate", gate.experts(), parts.hidden(), false),
          gate,
          Parts.experts(gate.experts(), e -> expert(moe + "experts." + e + ".")),
          Optional.empty());
    }

    private GatedFfn expert(String prefix) {
      return parts.ffn(
          Activation.GELU_TANH, prefix + "linear", prefix + "linear_v", prefix + "linear_1", width);
    }
  }
}
