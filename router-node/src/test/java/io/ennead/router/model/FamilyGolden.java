package io.ennead.router.model;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a family's reference implementation computed from a tiny checkpoint; the README beside the
 * files describes the fields.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record FamilyGolden(
    String family, @JsonProperty("moe_layers") List<Integer> moeLayers, List<Sequence> sequences) {
  private static final Path ROOT = Path.of("../expert-node/src/test/resources/families");
  private static final ObjectMapper JSON =
      new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  /** One prompt. */
  public record Sequence(
      @JsonProperty("input_ids") int[] inputIds,
      List<Layer> layers,
      @JsonProperty("final_norm_last") double[] finalNormLast,
      @JsonProperty("logits_last") double[] logitsLast,
      @JsonProperty("greedy_ids") int[] greedyIds,
      @JsonProperty("greedy_logits") double[] greedyLogits) {}

  /** One layer; the arrays are absent when it has no experts. */
  public record Layer(
      int layer,
      @JsonProperty("router_logits") double @Nullable [][] routerLogits,
      @JsonProperty("expert_ids") int @Nullable [][] expertIds,
      double @Nullable [][] weights) {}

  /** Every family. */
  public static Stream<String> families() {
    return Stream.of(
        "mixtral",
        "grok-1",
        "qwen2_moe",
        "qwen3_moe",
        "olmoe",
        "deepseek_v3",
        "gpt_oss",
        "granitemoe");
  }

  /** The directory of a family's checkpoint. */
  public static Path directory(String family) {
    return ROOT.resolve(family);
  }

  /** What was recorded for a family. */
  public static FamilyGolden read(String family) {
    try {
      return JSON.readValue(directory(family).resolve("golden.json").toFile(), FamilyGolden.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
