package io.ennead.router.model;

import io.ennead.expert.architecture.GatedFfn;
import io.ennead.expert.architecture.LayerConfig;
import io.ennead.expert.architecture.MixtureOfExperts;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.Norm;
import io.ennead.expert.architecture.Rotary;
import io.ennead.expert.architecture.SharedExpert;
import io.ennead.expert.engine.TorchCall;
import io.ennead.expert.engine.TorchModule;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Hands the module what a model's records describe: numbers and weights under the names that {@code
 * decoder.py} knows.
 */
final class DecoderLoader {
  private final TorchModule module;
  private final ModelConfig config;
  private final DecoderOptions options;
  private final DecoderWeights weights;
  private final Map<Rotary, Integer> tables = new LinkedHashMap<>();

  DecoderLoader(
      TorchModule module, ModelConfig config, DecoderOptions options, DecoderWeights weights) {
    this.module = module;
    this.config = config;
    this.options = options;
    this.weights = weights;
  }

  void load() {
    for (int i = 0;
        i <= config.layers().size();
        i++) { // the last is for what is outside the layers
      try (TorchCall call = module.call("add_layer")) {
        call.runLong();
      }
    }
    for (int layer = 0; layer < config.layers().size(); layer++) {
      loadLayer(layer, config.layers().get(layer));
    }
    loadEnds(config.layers().size());
    try (TorchCall call = module.call("allocate_cache")) {
      call.with(options.blocks() + 1).with(options.blockSize()).runLong();
    }
  }

  private void loadEnds(int ends) {
    weights.matrix(ends, "embedding", config.embedding());
    norm(ends, "final_norm", config.finalNorm());
    if (config.tied()) {
      try (TorchCall call = module.call("tie")) {
        call.runLong();
      }
    } else {
      weights.matrix(ends, "head", config.head());
    }
    scale(ends, "embedding_scale", config.embeddingScale());
    scale(ends, "logit_scale", config.logitScale());
  }

  private void loadLayer(int layer, LayerConfig parts) {
    norm(layer, "attention_norm", parts.attentionNorm());
    norm(layer, "ffn_norm", parts.ffnNorm());
    parts.postAttentionNorm().ifPresent(norm -> norm(layer, "post_attention_norm", norm));
    parts.postFfnNorm().ifPresent(norm -> norm(layer, "post_ffn_norm", norm));
    scale(layer, "residual_scale", config.residualScale());
    Rotary rotary = parts.attention().rotary();
    number(layer, "rotary", tables.computeIfAbsent(rotary, this::table));
    number(layer, "interleaved", rotary.interleaved() ? 1 : 0);
    new AttentionLoader(this, weights, layer).load(parts.attention());
    if (parts.feedForward() instanceof MixtureOfExperts experts) {
      weights.exactLinear(layer, "router", experts.router());
      experts.shared().ifPresent(shared -> loadShared(layer, shared));
    } else {
      loadFfn(layer, "ffn", (GatedFfn) parts.feedForward());
    }
  }

  private void loadShared(int layer, SharedExpert shared) {
    loadFfn(layer, "shared", shared.ffn());
    shared.gate().ifPresent(gate -> weights.exactMatrix(layer, "shared_gate", gate));
  }

  private void loadFfn(int layer, String name, GatedFfn ffn) {
    weights.linear(layer, name + "_gate_up", ffn.gate(), ffn.up());
    weights.linear(layer, name + "_down", ffn.down());
    number(layer, name + "_activation", ffn.activation().kind().code());
    number(layer, name + "_limit", ffn.activation().limit());
  }

  void norm(int layer, String name, Norm norm) {
    weights.vector(layer, name, norm.weight());
    number(layer, name + "_epsilon", norm.epsilon());
  }

  /** A factor of 1 is left out, so that nothing is computed for it. */
  private void scale(int layer, String name, double factor) {
    if (factor != 1) {
      number(layer, name, factor);
    }
  }

  void number(int layer, String name, double value) {
    try (TorchCall call = module.call("number")) {
      call.with(layer).with(name).with(value).runLong();
    }
  }

  void window(int layer, int positions) {
    try (TorchCall call = module.call("window")) {
      call.with(layer).with(positions).runLong();
    }
  }

  private int table(Rotary rotary) {
    float[] inverse = rotary.inverseFrequencies();
    try (TorchCall call = module.call("rotary")) {
      return (int)
          call.withFloats(inverse)
              .with(rotary.amplitude())
              .with(config.contextLength())
              .with(options.device())
              .runLong();
    }
  }
}
