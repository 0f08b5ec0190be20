package io.ennead.router.profile;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.router.moe.RoutingProfile;
import io.ennead.router.moe.RoutingProfile.Layer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A profile as a file, {@code name@version.json}. Written once, never changed.
 *
 * @param modelFingerprint of the model it belongs to
 * @param experts per layer
 * @param layers that it changes
 * @param note how it was made, for people; at most 4096 characters
 */
public record ProfileFile(
    ProfileId id, String modelFingerprint, int experts, Map<Integer, Layer> layers, String note) {
  /** The largest bias: e^8 is 3000 times as likely. */
  public static final double MAX_BIAS = 8;

  /** Temperatures are from one over this to this. */
  public static final double MAX_TEMPERATURE = 4;

  static final String SUFFIX = ".json";
  private static final String FORMAT = "ennead-routing-profile/1";
  private static final long MAX_BYTES = 16 << 20;
  private static final int MAX_NOTE = 4096;
  private static final Set<String> KEYS =
      Set.of("format", "name", "version", "model_fingerprint", "experts", "layers", "note");
  private static final Set<String> LAYER_KEYS = Set.of("layer", "temperature", "bias");
  private static final ObjectMapper JSON =
      new ObjectMapper(
              JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /** Copies the map, and refuses what is out of range, naming the field. */
  public ProfileFile {
    layers = Map.copyOf(layers);
    require(experts >= 1, "experts", experts, "at least 1");
    require(note.length() <= MAX_NOTE, "note", note.length() + " characters", "at most 4096");
    for (Map.Entry<Integer, Layer> layer : layers.entrySet()) {
      requireWithin(layer.getKey(), layer.getValue(), experts);
    }
  }

  private static void requireWithin(int number, Layer layer, int experts) {
    String field = "layers[layer %d].".formatted(number);
    double t = layer.temperature();
    require(
        t >= 1 / MAX_TEMPERATURE && t <= MAX_TEMPERATURE, field + "temperature", t, "0.25 to 4");
    require(
        layer.bias().length == experts,
        field + "bias",
        layer.bias().length + " numbers",
        experts + ", one per expert");
    for (float bias : layer.bias()) {
      require(Math.abs(bias) <= MAX_BIAS, field + "bias", bias, "-8 to 8");
    }
  }

  private static void require(boolean allowed, String field, Object value, String expected) {
    if (!allowed) {
      throw new IllegalArgumentException("%s: %s (expected: %s)".formatted(field, value, expected));
    }
  }

  /**
   * Reads a file and checks it against a model.
   *
   * @throws IllegalArgumentException naming file, field, value and expectation
   */
  static RoutingProfile read(Path file, GateShape model) {
    try {
      require(Files.size(file) <= MAX_BYTES, "size", Files.size(file), "at most " + MAX_BYTES);
      byte[] bytes = Files.readAllBytes(file);
      ProfileFile profile = parse(bytes);
      String name = profile.id() + SUFFIX;
      require(file.endsWith(name), "name and version", profile.id(), "those of the file's name");
      profile.requireFitting(model);
      return new RoutingProfile(profile.id().toString(), hash(bytes), profile.layers());
    } catch (IOException | IllegalArgumentException e) {
      throw new IllegalArgumentException("%s: %s".formatted(file, e.getMessage()), e);
    }
  }

  private void requireFitting(GateShape model) {
    require(
        modelFingerprint.equals(model.fingerprint()),
        "model_fingerprint",
        modelFingerprint,
        model.fingerprint());
    require(experts == model.experts(), "experts", experts, Integer.toString(model.experts()));
    layers
        .keySet()
        .forEach(
            layer ->
                require(
                    model.layers().contains(layer), "layer", layer, "one of " + model.layers()));
  }

  private static ProfileFile parse(byte[] bytes) throws IOException {
    JsonNode json;
    try {
      json = JSON.readTree(bytes);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("no JSON: " + e.getOriginalMessage(), e);
    }
    requireKeys(json, KEYS, "profile");
    require(json.path("format").asText().equals(FORMAT), "format", json.path("format"), FORMAT);
    Map<Integer, Layer> layers = new TreeMap<>();
    for (JsonNode layer : json.path("layers")) {
      requireKeys(layer, LAYER_KEYS, "layers");
      int number = integer(layer, "layer");
      require(layers.put(number, layer(layer)) == null, "layer", number, "each layer once");
    }
    return new ProfileFile(
        new ProfileId(json.path("name").asText(), integer(json, "version")),
        json.path("model_fingerprint").asText(),
        integer(json, "experts"),
        layers,
        json.path("note").asText(""));
  }

  private static void requireKeys(JsonNode json, Set<String> keys, String what) {
    require(json.isObject(), what, json.getNodeType(), "an object");
    json.fieldNames().forEachRemaining(key -> require(keys.contains(key), what, key, "" + keys));
  }

  private static int integer(JsonNode json, String field) {
    JsonNode value = json.path(field);
    require(value.canConvertToInt() && value.isIntegralNumber(), field, value, "an integer");
    return value.intValue();
  }

  private static Layer layer(JsonNode json) {
    JsonNode bias = json.path("bias");
    require(bias.isArray(), "bias", bias.getNodeType(), "an array of numbers");
    float[] numbers = new float[bias.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) number(bias.get(i), "bias");
    }
    return new Layer(number(json.path("temperature"), "temperature"), numbers);
  }

  private static double number(JsonNode value, String field) {
    require(value.isNumber(), field, value, "a number");
    return value.doubleValue();
  }

  /**
   * Writes the file into a directory.
   *
   * @return where
   * @throws java.nio.file.FileAlreadyExistsException when that version is there already
   */
  public Path write(Path directory) throws IOException {
    Path target = directory.resolve(id + SUFFIX);
    Path partial = directory.resolve("." + id + ".partial");
    Files.write(
        partial,
        JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json()),
        StandardOpenOption.CREATE,
        StandardOpenOption.TRUNCATE_EXISTING,
        StandardOpenOption.WRITE,
        StandardOpenOption.SYNC);
    try {
      return Files.createLink(target, partial); // fails when it is there, and never shows a part
    } finally {
      Files.delete(partial);
    }
  }

  private ObjectNode json() {
    ObjectNode json = JSON.createObjectNode();
    json.put("format", FORMAT).put("name", id.name()).put("version", id.version());
    json.put("model_fingerprint", modelFingerprint).put("experts", experts).put("note", note);
    ArrayNode all = json.putArray("layers");
    new TreeMap<>(layers)
        .forEach(
            (number, layer) -> {
              ObjectNode one = all.addObject();
              one.put("layer", number).put("temperature", layer.temperature());
              ArrayNode bias = one.putArray("bias");
              for (float value : layer.bias()) {
                bias.add(value);
              }
            });
    return json;
  }

  private static String hash(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
