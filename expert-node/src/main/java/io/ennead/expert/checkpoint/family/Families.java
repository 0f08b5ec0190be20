package io.ennead.expert.checkpoint.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.checkpoint.ModelFormatException;
import io.ennead.expert.checkpoint.StrictJson;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The families that are served. A config.json is read whole: values that would change the
 * computation are understood or refused; keys that nobody knows are logged, since they might.
 */
public final class Families {
  private static final Logger logger = LoggerFactory.getLogger(Families.class);

  private static final List<Family> ALL =
      List.of(
          new Mixtral(),
          new Grok1(),
          new Qwen2Moe(),
          new Qwen3Moe(),
          new Olmoe(),
          new DeepseekV3(),
          new GptOss(),
          new GraniteMoe());

  private Families() {}

  /** The model types that are served. */
  public static List<String> supported() {
    return ALL.stream().map(Family::modelType).toList();
  }

  /**
   * Reads a config.json.
   *
   * @throws ModelFormatException when it describes anything that is not understood
   */
  public static ModelConfig read(Path file) {
    var mapper = new ObjectMapper();
    JsonNode root = StrictJson.parseFile(file, parser -> mapper.<JsonNode>readTree(parser));
    if (root == null) {
      throw ModelFormatException.of(file, "JSON", "empty", "an object");
    }
    ConfigFields fields = new ConfigFields(file, "", root);
    Grok2.refuse(fields);
    ModelConfig config = family(fields).read(fields);
    Quantization.requireKnown(fields);
    NeutralKeys.requireUnread(fields);
    List<String> unknown = NeutralKeys.unknown(fields);
    if (!unknown.isEmpty()) {
      logger.warn("{}: unknown keys, not used: {}", file, unknown);
    }
    return config;
  }

  private static Family family(ConfigFields fields) {
    String modelType = fields.text("model_type");
    return ALL.stream()
        .filter(family -> family.modelType().equals(modelType))
        .findFirst()
        .orElseThrow(
            () ->
                fields.refuse(
                    "model_type",
                    modelType,
                    "one of " + supported().stream().collect(Collectors.joining(", "))));
  }
}
