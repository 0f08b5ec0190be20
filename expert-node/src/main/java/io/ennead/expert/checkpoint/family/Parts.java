package io.ennead.expert.checkpoint.family;

import io.ennead.expert.architecture.Activation;
import io.ennead.expert.architecture.GatedFfn;
import io.ennead.expert.architecture.LayerConfig;
import io.ennead.expert.architecture.Linear;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.Norm;
import io.ennead.expert.architecture.Weight;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** What families have in common: the fields of config.json that all have, and Llama's names. */
final class Parts {
  /** Far above any published model: bounds what a hostile config.json makes us allocate. */
  private static final int MAX_LAYERS = 1024;

  /** Routed experts over all layers. */
  private static final int MAX_EXPERTS = 1 << 16;

  private static final int MAX_WIDTH = 1 << 20;
  private static final int MAX_POSITIONS = 1 << 24;

  private final ConfigFields config;
  private final int hidden;
  private final int layers;
  private final double epsilon;

  Parts(ConfigFields config) {
    this.config = config;
    this.hidden = config.positive("hidden_size", MAX_WIDTH);
    this.layers = config.positive("num_hidden_layers", MAX_LAYERS);
    this.epsilon = config.positiveNumber("rms_norm_eps");
  }

  int hidden() {
    return hidden;
  }

  int layers() {
    return layers;
  }

  /** Number of routed experts. */
  int experts(String key) {
    return config.positive(key, MAX_EXPERTS / layers);
  }

  /** Inner width of a network. */
  int width(String key) {
    return config.positive(key, MAX_WIDTH);
  }

  int expertsPerToken(int experts) {
    return config.positive("num_experts_per_tok", experts);
  }

  /** Prefix of a layer's tensors. */
  static String layer(int layer) {
    return "model.layers." + layer + ".";
  }

  Norm norm(String tensor) {
    return norm(tensor, hidden);
  }

  Norm norm(String tensor, int length) {
    return new Norm(Weight.vector(tensor, length), epsilon);
  }

  Norm attentionNorm(int layer) {
    return norm(layer(layer) + "input_layernorm.weight");
  }

  Norm ffnNorm(int layer) {
    return norm(layer(layer) + "post_attention_layernorm.weight");
  }

  /** {@code prefix.weight} and, if it has one, {@code prefix.bias}. */
  static Linear linear(String prefix, int outputs, int inputs, boolean biased) {
    return new Linear(
        Weight.matrix(prefix + ".weight", outputs, inputs),
        biased ? Optional.of(Weight.vector(prefix + ".bias", outputs)) : Optional.empty());
  }

  /** A network whose three matrices have these names. */
  GatedFfn ffn(Activation activation, String gate, String up, String down, int width) {
    return new GatedFfn(
        activation,
        linear(gate, width, hidden, false),
        linear(up, width, hidden, false),
        linear(down, hidden, width, false));
  }

  /** Llama's names: gate_proj, up_proj, down_proj. */
  GatedFfn llamaFfn(String prefix, int width) {
    return ffn(
        Activation.SILU, prefix + "gate_proj", prefix + "up_proj", prefix + "down_proj", width);
  }

  /** Experts from their ids. */
  static List<GatedFfn> experts(int count, IntFunction<GatedFfn> expert) {
    return IntStream.range(0, count).mapToObj(expert).toList();
  }

  /** The layers' windows: sliding_window where layer_types says so, or in every layer without. */
  OptionalInt window(int layer) {
    List<String> types = config.texts("layer_types");
    if (!types.isEmpty() && types.size() != layers) {
      throw config.refuse("layer_types", types.size() + " entries", layers + ", one per layer");
    }
    OptionalInt window =
        config.has("sliding_window")
            ? OptionalInt.of(config.positive("sliding_window"))
            : OptionalInt.empty();
    if (types.isEmpty()) {
      return window;
    }
    return switch (types.get(layer)) {
      case "full_attention" -> OptionalInt.empty();
      case "sliding_attention" -> OptionalInt.of(config.positive("sliding_window"));
      default ->
          throw config.refuse(
              "layer_types", types.get(layer), "full_attention or sliding_attention");
    };
  }

  /** Refuses windows, for families whose reference has none. */
  void requireFullAttention() {
    for (String type : config.texts("layer_types")) {
      if (!type.equals("full_attention")) {
        throw config.refuse("layer_types", type, "full_attention");
      }
    }
  }

  /** Refuses Qwen's windows when they are switched on; a size alone changes nothing. */
  void requireUnusedWindow() {
    if (config.flagOr("use_sliding_window", false)) {
      throw config.refuse("use_sliding_window", true, "false, no other is supported");
    }
    config.notNegativeOr("sliding_window", 0);
  }

  /** The model around layers, with Llama's names at its ends. */
  ModelConfig model(IntFunction<LayerConfig> layer) {
    return model("model.norm.weight", layer, 1, 1, 1);
  }

  ModelConfig model(
      String finalNorm,
      IntFunction<LayerConfig> layer,
      double embeddingScale,
      double residualScale,
      double logitScale) {
    int vocabulary = config.positive("vocab_size", MAX_POSITIONS);
    Weight embedding = Weight.matrix("model.embed_tokens.weight", vocabulary, hidden);
    boolean tied = config.flagOr("tie_word_embeddings", false);
    List<LayerConfig> all = IntStream.range(0, layers).mapToObj(layer).toList();
    if (all.stream().noneMatch(one -> one.experts().isPresent())) {
      throw config.refuse("num_hidden_layers", layers, "at least one layer with experts");
    }
    return new ModelConfig(
        config.text("model_type"),
        hidden,
        vocabulary,
        config.positive("max_position_embeddings", MAX_POSITIONS),
        config.tokenId("bos_token_id", vocabulary),
        config.tokenIds("eos_token_id", vocabulary),
        embedding,
        embeddingScale,
        residualScale,
        all,
        norm(finalNorm),
        tied ? embedding : Weight.matrix("lm_head.weight", vocabulary, hidden),
        logitScale);
  }
}
