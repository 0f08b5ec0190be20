package io.ennead.expert.checkpoint.family;

import io.ennead.expert.architecture.Attention;
import io.ennead.expert.architecture.FeedForward;
import io.ennead.expert.architecture.GateConfig;
import io.ennead.expert.architecture.GateConfig.ExpertGroups;
import io.ennead.expert.architecture.GateConfig.Score;
import io.ennead.expert.architecture.LatentAttention;
import io.ennead.expert.architecture.LayerConfig;
import io.ennead.expert.architecture.Linear;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.Norm;
import io.ennead.expert.architecture.Rotary;
import io.ennead.expert.architecture.SharedExpert;
import io.ennead.expert.architecture.Weight;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * DeepSeek-V3 (deepseek-ai/DeepSeek-V3, inference/model.py; transformers, modular_deepseek_v3.py).
 * The layers for multi-token prediction behind the last are not served.
 */
final class DeepseekV3 implements Family {
  /** A group's score is the sum of its two best experts. */
  private static final int SCORED_PER_GROUP = 2;

  /** Of the latent norms, whatever rms_norm_eps says. */
  private static final double LATENT_EPSILON = 1e-6;

  @Override
  public String modelType() {
    return "deepseek_v3";
  }

  @Override
  public ModelConfig read(ConfigFields config) {
    config.requireText("hidden_act", "silu");
    Parts parts = new Parts(config);
    Latent latent = Latent.read(config, parts.hidden());
    GateConfig gate = gate(config, parts);
    int width = parts.width("moe_intermediate_size");
    LlamaMoe moe = new LlamaMoe(parts, gate, width);
    int denseLayers = config.notNegativeOr("first_k_dense_replace", 0);
    int denseWidth = parts.width("intermediate_size");
    int shared = config.has("n_shared_experts") ? config.notNegative("n_shared_experts", 1024) : 0;
    int sharedWidth = shared * width;
    return parts.model(
        i ->
            new LayerConfig(
                parts.attentionNorm(i),
                latent.attention(i),
                parts.ffnNorm(i),
                i < denseLayers
                    ? moe.dense(i, denseWidth)
                    : experts(moe, gate, parts, i, sharedWidth)));
  }

  private static FeedForward experts(
      LlamaMoe moe, GateConfig gate, Parts parts, int layer, int sharedWidth) {
    String mlp = Parts.layer(layer) + "mlp.";
    Weight bias = Weight.vector(mlp + "gate.e_score_correction_bias", gate.experts());
    GateConfig own =
        new GateConfig(
            gate.experts(),
            gate.expertsPerToken(),
            gate.score(),
            gate.softCap(),
            Optional.of(bias),
            gate.groups(),
            gate.renormalise(),
            gate.scale());
    Optional<SharedExpert> shared =
        sharedWidth == 0
            ? Optional.empty()
            : Optional.of(
                new SharedExpert(
                    parts.llamaFfn(mlp + "shared_experts.", sharedWidth), Optional.empty()));
    return moe.experts(layer, own, shared);
  }

  private static GateConfig gate(ConfigFields config, Parts parts) {
    config.requireText("scoring_func", "sigmoid");
    config.requireText("topk_method", "noaux_tc");
    int experts = parts.experts("n_routed_experts");
    int groups = config.positive("n_group", experts);
    if (experts % groups != 0 || experts / groups < SCORED_PER_GROUP) {
      throw config.refuse("n_group", groups, "a divisor of " + experts + ", two or more in each");
    }
    int kept = config.positive("topk_group", groups);
    int k = parts.expertsPerToken(experts);
    if (k > kept * (experts / groups)) {
      throw config.refuse(
          "num_experts_per_tok",
          k,
          "at most " + kept * (experts / groups) + ", in topk_group groups");
    }
    return new GateConfig(
        experts,
        k,
        Score.SIGMOID,
        OptionalDouble.empty(),
        Optional.empty(),
        Optional.of(new ExpertGroups(groups, kept, SCORED_PER_GROUP)),
        config.flagOr("norm_topk_prob", true),
        config.positiveNumberOr("routed_scaling_factor", 1));
  }

  /** The sizes of the latent attention of every layer; {@code queryLatent} 0: none. */
  private record Latent(
      int hidden,
      int heads,
      int plain,
      int value,
      int latent,
      int queryLatent,
      double scale,
      Rotary rotary) {

    static Latent read(ConfigFields config, int hidden) {
      int most = 1 << 20;
      int heads = config.positive("num_attention_heads", most);
      int plain = config.positive("qk_nope_head_dim", most / heads);
      int turned = config.positive("qk_rope_head_dim", most / heads);
      config.positiveOr("num_key_value_heads", heads); // every head has its own keys
      if (turned % 2 != 0) {
        throw config.refuse("qk_rope_head_dim", turned, "an even number");
      }
      boolean interleaved = config.flagOr("rope_interleave", true);
      return new Latent(
          hidden,
          heads,
          plain,
          config.positive("v_head_dim", most / heads),
          config.positive("kv_lora_rank", most),
          config.has("q_lora_rank") ? config.positive("q_lora_rank", most) : 0,
          yarnScale(config) / Math.sqrt(plain + turned),
          new RotaryReader(config).read(turned, interleaved));
    }

    /** With YaRN the scores have a temperature of their own. */
    private static double yarnScale(ConfigFields config) {
      String key = config.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
      if (!config.has(key) || !config.object(key).has("mscale_all_dim")) {
        return 1;
      }
      ConfigFields rope = config.object(key);
      double scale =
          RotaryReader.yarnScale(
              rope.positiveNumber("factor"), rope.positiveNumber("mscale_all_dim"));
      return scale * scale;
    }

    Attention attention(int layer) {
      String prefix = Parts.layer(layer) + "self_attn.";
      int queryWidth = heads * (plain + rotary.dimensions());
      boolean direct = queryLatent == 0;
      return new LatentAttention(
          heads,
          plain,
          value,
          latent,
          direct
              ? Optional.empty()
              : Optional.of(Weight.matrix(prefix + "q_a_proj.weight", queryLatent, hidden)),
          direct ? Optional.empty() : Optional.of(norm(prefix + "q_a_layernorm", queryLatent)),
          direct
              ? Weight.matrix(prefix + "q_proj.weight", queryWidth, hidden)
              : Weight.matrix(prefix + "q_b_proj.weight", queryWidth, queryLatent),
          Weight.matrix(prefix + "kv_a_proj_with_mqa.weight", latent + rotary.dimensions(), hidden),
          norm(prefix + "kv_a_layernorm", latent),
          Weight.matrix(prefix + "kv_b_proj.weight", heads * (plain + value), latent),
          new Linear(Weight.matrix(prefix + "o_proj.weight", hidden, heads * value)),
          scale,
          rotary);
    }

    private static Norm norm(String prefix, int length) {
      return new Norm(Weight.vector(prefix + ".weight", length), LATENT_EPSILON);
    }
  }
}
