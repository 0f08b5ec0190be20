package io.ennead.expert.checkpoint.family;

import io.ennead.expert.architecture.Activation;
import io.ennead.expert.architecture.Attention;
import io.ennead.expert.architecture.GateConfig;
import io.ennead.expert.architecture.GatedFfn;
import io.ennead.expert.architecture.LayerConfig;
import io.ennead.expert.architecture.Linear;
import io.ennead.expert.architecture.MixtureOfExperts;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.Weight;
import java.util.Optional;

/**
 * gpt-oss (transformers, modular_gpt_oss.py; openai/gpt-oss, torch/model.py). Experts as published
 * (MXFP4, [out, in]) or unquantised ([in, out]); gate and up interleaved in either.
 */
final class GptOss implements Family {
  @Override
  public String modelType() {
    return "gpt_oss";
  }

  @Override
  public ModelConfig read(ConfigFields config) {
    LlamaParts llama = LlamaParts.read(config);
    Parts parts = llama.parts();
    boolean bias = config.flagOr("attention_bias", true);
    Experts experts = new Experts(config, parts);
    return parts.model(
        i ->
            new LayerConfig(
                parts.attentionNorm(i),
                attention(llama, i, bias),
                parts.ffnNorm(i),
                experts.layer(i)));
  }

  private static Attention attention(LlamaParts llama, int layer, boolean bias) {
    String prefix = LlamaParts.attentionPrefix(layer);
    return llama
        .attention(layer)
        .biases(bias, bias)
        .sinks(Weight.vector(prefix + "sinks", llama.heads().queries()))
        .window(llama.parts().window(layer))
        .build();
  }

  /** The experts of every layer. */
  private record Experts(
      int hidden, int width, GateConfig gate, Activation activation, boolean mxfp4) {

    Experts(ConfigFields config, Parts parts) {
      this(
          parts.hidden(),
          parts.width("intermediate_size"),
          gate(parts),
          Activation.clampedSwiglu(config.positiveNumberOr("swiglu_limit", 7)),
          Quantization.isMxfp4(config));
    }

    private static GateConfig gate(Parts parts) {
      int experts = parts.experts("num_local_experts");
      return GateConfig.softmaxOfChosen(experts, parts.expertsPerToken(experts));
    }

    MixtureOfExperts layer(int i) {
      String mlp = Parts.layer(i) + "mlp.";
      return new MixtureOfExperts(
          Parts.linear(mlp + "router", gate.experts(), hidden, true),
          gate,
          Parts.experts(gate.experts(), e -> expert(mlp + "experts.", e)),
          Optional.empty());
    }

    private GatedFfn expert(String prefix, int e) {
      Weight gateUp = matrix(prefix + "gate_up_proj", e, 2 * width, hidden);
      Weight bias = Weight.vectorSlice(prefix + "gate_up_proj_bias", gate.experts(), e, 2 * width);
      return new GatedFfn(
          activation,
          new Linear(gateUp.everyRow(0, 2, width), Optional.of(bias.everyRow(0, 2, width))),
          new Linear(gateUp.everyRow(1, 2, width), Optional.of(bias.everyRow(1, 2, width))),
          new Linear(
              matrix(prefix + "down_proj", e, hidden, width),
              Optional.of(
                  Weight.vectorSlice(prefix + "down_proj_bias", gate.experts(), e, hidden))));
    }

    private Weight matrix(String tensor, int e, int outputs, int inputs) {
      return mxfp4
          ? Weight.slice(tensor, gate.experts(), e, outputs, inputs)
          : Weight.slice(tensor, gate.experts(), e, inputs, outputs).transposed();
    }
  }
}
