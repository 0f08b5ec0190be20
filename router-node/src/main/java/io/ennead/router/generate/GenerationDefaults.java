package io.ennead.router.generate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ennead.errors.ServingException;
import io.ennead.router.sample.Penalties;
import io.ennead.router.sample.SamplingOptions;
import io.ennead.router.sample.Temperature;
import io.ennead.router.sample.Truncation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What generation_config.json says: defaults of sampling and the tokens that end a sequence.
 * Without the file, the model's own distribution and the end-of-sequence tokens of config.json. A
 * file with {@code do_sample: false}, or without that key, means greedy, as in Hugging Face
 * transformers; its repetition penalty holds all the same.
 */
public record GenerationDefaults(SamplingOptions sampling, Set<Integer> endOfSequence) {

  /**
   * Reads the file beside the model's weights, if it is there.
   *
   * @throws ServingException naming a field that is out of range
   * @throws IllegalArgumentException when the file is no JSON
   */
  public static GenerationDefaults read(
      Path modelDirectory, List<Integer> configEndOfSequence, int vocabulary) {
    Path file = modelDirectory.resolve("generation_config.json");
    if (!Files.exists(file)) {
      return new GenerationDefaults(SamplingOptions.DEFAULT, Set.copyOf(configEndOfSequence));
    }
    try {
      JsonNode json = new ObjectMapper().readTree(file.toFile());
      return new GenerationDefaults(
          sampling(json), endOfSequence(json, configEndOfSequence, vocabulary));
    } catch (IOException e) {
      throw new IllegalArgumentException(file + ": not readable as JSON", e);
    }
  }

  private static SamplingOptions sampling(JsonNode json) {
    Penalties penalties = new Penalties(json.path("repetition_penalty").asDouble(1), 0, 0, 0);
    if (!json.path("do_sample").asBoolean(false)) {
      return SamplingOptions.GREEDY.withPenalties(penalties);
    }
    return SamplingOptions.DEFAULT
        .withTemperature(Temperature.of(temperature(json)))
        .withTruncation(truncation(json))
        .withPenalties(penalties);
  }

  private static double temperature(JsonNode json) {
    double temperature = json.path("temperature").asDouble(1);
    if (!(temperature >= 0 && temperature < Double.POSITIVE_INFINITY)) {
      throw ServingException.invalidField(
          "generation_config.json: temperature", temperature, "at least 0, finite");
    }
    return temperature;
  }

  private static Truncation truncation(JsonNode json) {
    return Truncation.NONE
        .withTopK(json.path("top_k").asInt(0))
        .withTopP(json.path("top_p").asDouble(1))
        .withMinP(json.path("min_p").asDouble(0))
        .withTypicalP(json.path("typical_p").asDouble(1));
  }

  private static Set<Integer> endOfSequence(JsonNode json, List<Integer> fallback, int vocabulary) {
    JsonNode ids = json.path("eos_token_id");
    if (ids.isMissingNode() || ids.isNull()) {
      return Set.copyOf(fallback);
    }
    Set<Integer> result = new HashSet<>();
    if (ids.isArray()) {
      ids.forEach(id -> result.add(tokenId(id, vocabulary)));
    } else {
      result.add(tokenId(ids, vocabulary));
    }
    return result;
  }

  private static int tokenId(JsonNode id, int vocabulary) {
    if (!id.isIntegralNumber() || id.asLong() < 0 || id.asLong() >= vocabulary) {
      throw ServingException.invalidField(
          "generation_config.json: eos_token_id", id, "0 to " + (vocabulary - 1));
    }
    return id.asInt();
  }
}
