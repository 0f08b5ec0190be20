package io.ennead.cli.bench;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.JsonParserDelegate;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The values of a file's keys. */
record GhzKeys(Path file, JsonNode json) {

  /**
   * Reads a file: TOML or YAML when it is called so, JSON otherwise.
   *
   * @throws GhzConfigException when it is none
   */
  static GhzKeys read(Path file) throws IOException {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    if (name.endsWith(".toml")) {
      return read(file, "TOML", new TomlMapper());
    }
    return name.endsWith(".yaml") || name.endsWith(".yml")
        ? read(file, "YAML", new YAMLMapper())
        : read(file, "JSON", new JsonMapper());
  }

  private static GhzKeys read(Path file, String format, ObjectMapper mapper) throws IOException {
    try (JsonParser parser = mapper.createParser(file.toFile())) {
      JsonNode json = mapper.readTree(refusingAliases(file, parser));
      if (!(json instanceof ObjectNode keys)) {
        throw new GhzConfigException("%s: no object of keys".formatted(file.getFileName()));
      }
      return new GhzKeys(
          file, keys.removeIf(JsonNode::isNull)); // a key without a value says nothing
    } catch (JacksonException e) {
      throw new GhzConfigException(
          "%s: no %s: %s".formatted(file.getFileName(), format, e.getOriginalMessage()));
    }
  }

  /** A tree would have an alias' name where it stands for a value. */
  private static JsonParser refusingAliases(Path file, JsonParser parser) {
    return new JsonParserDelegate(parser) {
      @Override
      public JsonToken nextToken() throws IOException {
        JsonToken token = super.nextToken();
        if (delegate instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
          throw new GhzConfigException(
              "%s: *%s (expected: values, no aliases)"
                  .formatted(file.getFileName(), yaml.getText()));
        }
        return token;
      }
    };
  }

  void requireOnly(Set<String> known, Set<String> withoutEffect) {
    for (Iterator<String> names = json.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!known.contains(name) && !withoutEffect.contains(name)) {
        throw refused(name, json.get(name), "not set; only " + new TreeSet<>(known));
      }
    }
  }

  void require(String key, String value, String expected) {
    JsonNode node = json.path(key);
    if (!node.isMissingNode() && !node.asText().equals(value)) {
      throw refused(key, node, expected);
    }
  }

  Optional<String> text(String key) {
    return json.has(key) ? Optional.of(json.get(key).asText()) : Optional.empty();
  }

  /** A file, seen from the directory where the command runs, as ghz sees it. */
  Optional<Path> path(String key) {
    return text(key).filter(name -> !name.isEmpty()).map(Path::of);
  }

  Optional<Boolean> flag(String key) {
    JsonNode node = json.path(key);
    if (node.isMissingNode()) {
      return Optional.empty();
    }
    if (!node.isBoolean()) {
      throw refused(key, node, "true or false");
    }
    return Optional.of(node.asBoolean());
  }

  OptionalInt count(String key) {
    JsonNode node = json.path(key);
    if (node.isMissingNode() || node.asText().equals("0")) { // ghz's default
      return OptionalInt.empty();
    }
    if (!node.canConvertToInt() || !node.isIntegralNumber() || node.asInt() < 1) {
      throw refused(key, node, "a whole number of at least 1");
    }
    return OptionalInt.of(node.asInt());
  }

  OptionalDouble rate(String key) {
    JsonNode node = json.path(key);
    if (node.isMissingNode() || node.asText().equals("0")) {
      return OptionalDouble.empty();
    }
    if (!node.isNumber() || !(node.asDouble() > 0)) {
      throw refused(key, node, "a number above 0");
    }
    return OptionalDouble.of(node.asDouble());
  }

  Optional<Duration> duration(String key) {
    JsonNode node = json.path(key);
    if (node.isMissingNode()) {
      return Optional.empty();
    }
    return GoDuration.parse(node.asText())
        .or(
            () -> {
              throw refused(key, node, "a duration such as 500ms, 20s or 1m30s");
            });
  }

  Map<String, String> tags() {
    Map<String, String> tags = new TreeMap<>();
    json.path("tags")
        .fields()
        .forEachRemaining(tag -> tags.put(tag.getKey(), tag.getValue().asText()));
    return tags;
  }

  List<String> data() {
    JsonNode node = json.path("data");
    List<String> requests = new ArrayList<>();
    if (node.isArray()) {
      node.forEach(request -> requests.add(request.toString()));
    } else if (node.isObject()) {
      requests.add(node.toString());
    } else if (!node.isMissingNode()) {
      throw refused("data", node, "a request or a list of them");
    }
    return requests;
  }

  GhzConfigException refused(String key, Object value, String expected) {
    return new GhzConfigException(
        "%s: %s: %s (expected: %s)".formatted(file.getFileName(), key, value, expected));
  }
}
