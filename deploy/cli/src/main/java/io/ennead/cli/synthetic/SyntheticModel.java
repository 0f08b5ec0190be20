package io.ennead.cli.synthetic;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.expert.architecture.GatedFfn;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.Weight;
import io.ennead.expert.checkpoint.family.Families;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A model with the config.json of a published one, but for the number of layers. */
public final class SyntheticModel {
  private static final List<String> NAMES = List.of("mixtral-8x7b", "grok-1", "qwen3-30b-a3b");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ObjectNode config;

  SyntheticModel(ObjectNode config) {
    this.config = config;
  }

  /** The models whose dimensions are known. */
  public static List<String> names() {
    return NAMES;
  }

  /** A model with the dimensions of one of {@link #names}. */
  public static SyntheticModel like(String name, int layers) throws IOException {
    try (InputStream json = SyntheticModel.class.getResourceAsStream(name + ".json")) {
      if (json == null) {
        throw new IllegalArgumentException(
            "model: %s (expected: one of %s)".formatted(name, NAMES));
      }
      ObjectNode config = (ObjectNode) JSON.readTree(json);
      config.put("num_hidden_layers", layers);
      return new SyntheticModel(config);
    }
  }

  /**
   * One layer of Mixtral with experts of this shape, two per token where there are two, and next to
   * nothing else.
   */
  public static SyntheticModel layer(int hidden, int width, int experts) throws IOException {
    SyntheticModel model = like("mixtral-8x7b", 1);
    model
        .config
        .put("hidden_size", hidden)
        .put("intermediate_size", width)
        .put("num_local_experts", experts)
        .put("num_experts_per_tok", Math.min(2, experts))
        .put("num_attention_heads", 1)
        .put("num_key_value_heads", 1)
        .put("head_dim", 2)
        .put("vocab_size", 256);
    return model;
  }

  /**
   * Writes config.json, one safetensors file per layer, and a tokenizer of bytes.
   *
   * @param directory is made; must not exist
   * @return bytes of all weights
   */
  public long write(Path directory, long seed) throws IOException {
    Files.createDirectory(directory);
    Path file = directory.resolve("config.json");
    Files.writeString(file, config.toPrettyString());
    ByteTokenizer.write(directory.resolve("tokenizer.json"));
    ModelConfig model = Families.read(file);
    ShardWriter writer = new ShardWriter(directory, seed);
    long bytes = writer.write(ends(model));
    for (int layer = 0; layer < model.layers().size(); layer++) {
      bytes += writer.write(layer(model, layer));
    }
    writer.writeIndex();
    return bytes;
  }

  private static List<Weight> ends(ModelConfig model) {
    return tensors(Stream.of(model.embedding(), model.head(), model.finalNorm().weight()));
  }

  private static List<Weight> layer(ModelConfig model, int layer) {
    Stream<Weight> experts =
        model.layers().get(layer).experts().stream()
            .flatMap(moe -> moe.experts().stream())
            .flatMap(GatedFfn::weights);
    return tensors(Stream.concat(model.layers().get(layer).denseWeights(), experts));
  }

  /** Each tensor once, however many weights lie in it. */
  private static List<Weight> tensors(Stream<Weight> weights) {
    Map<String, Weight> byName = new LinkedHashMap<>();
    weights.forEach(weight -> byName.putIfAbsent(weight.tensor(), weight));
    return new ArrayList<>(byName.values());
  }
}
