package io.ennead.router.model;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What an independent implementation computed in float32 (index.json describes the fields). */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Golden(
    String name,
    String prompt,
    @JsonProperty("input_ids") int[] inputIds,
    @JsonProperty("greedy_ids") int[] greedyIds,
    @JsonProperty("greedy_text") String greedyText,
    @JsonProperty("greedy_logprobs") double[] greedyLogprobs,
    @JsonProperty("prompt_logprobs") List<@Nullable Double> promptLogprobs,
    @JsonProperty("last_position_top20") List<TokenValue> lastTop20,
    Router router) {

  /** A token's logit. */
  public record TokenValue(int id, double value) {}

  /** [layer][position][expert or place]. */
  public record Router(
      @JsonProperty("logits_positions") int logitsPositions,
      double[][][] logits,
      int[][][] experts,
      double[][][] weights) {}

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Every recorded prompt. */
  public static Stream<Golden> all() {
    return JSON
        .valueToTree(read("index.json", Object.class))
        .get("files")
        .findValuesAsText("file")
        .stream()
        .map(file -> read(file, Golden.class));
  }

  private static <T> T read(String file, Class<T> type) {
    try (InputStream in = Golden.class.getResourceAsStream("/demo-model/" + file)) {
      return JSON.readValue(in, type);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
