package io.ennead.cli.bench;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a configuration file of ghz says (github.com/bojand/ghz, runner/config.go), as JSON. Keys
 * that ask for what a run here does not do are refused by name.
 *
 * @param data requests as JSON with ghz's templates, taken in turn; empty: none
 */
public record GhzConfig(
    Optional<String> name,
    Map<String, String> tags,
    Optional<String> host,
    OptionalInt total,
    OptionalInt concurrency,
    OptionalInt connections,
    OptionalDouble rps,
    Optional<Duration> duration,
    Optional<Duration> timeout,
    Optional<String> output,
    Optional<String> format,
    List<String> data) {
  static final String CALL = "ennead.v1.InferenceService.Generate";

  /** Where there is no file. */
  public static final GhzConfig EMPTY =
      new GhzConfig(
          Optional.empty(),
          Map.of(),
          Optional.empty(),
          OptionalInt.empty(),
          OptionalInt.empty(),
          OptionalInt.empty(),
          OptionalDouble.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          List.of());

  private static final Set<String> KEYS =
      Set.of(
          "name",
          "tags",
          "host",
          "total",
          "concurrency",
          "connections",
          "rps",
          "duration",
          "timeout",
          "output",
          "format",
          "data",
          "call",
          "insecure",
          "duration-stop",
          "async");

  /** How a description of the call is found; here it is known. */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of("proto", "protoset", "import-paths", "reflect-metadata", "cpus", "debug");

  /**
   * Reads a file.
   *
   * @throws GhzConfigException naming the key, its value and what was expected
   */
  public static GhzConfig read(Path file) throws IOException {
    Keys keys = new Keys(file, json(file));
    keys.requireOnly(KEYS, WITHOUT_EFFECT);
    keys.require("call", CALL, CALL);
    keys.require("insecure", "true", "true, for there is no TLS yet");
    keys.require("duration-stop", "wait", "wait: requests under way are awaited and count");
    return new GhzConfig(
        keys.text("name"),
        keys.tags(),
        keys.text("host"),
        keys.count("total"),
        keys.count("concurrency"),
        keys.count("connections"),
        keys.rate("rps"),
        keys.duration("duration"),
        keys.duration("timeout"),
        keys.text("output"),
        keys.text("format"),
        keys.data());
  }

  private static JsonNode json(Path file) throws IOException {
    JsonNode json;
    try {
      json = new ObjectMapper().readTree(file.toFile());
    } catch (JacksonException e) {
      throw new GhzConfigException(
          "%s: no JSON: %s".formatted(file.getFileName(), e.getOriginalMessage()));
    }
    if (!json.isObject()) {
      throw new GhzConfigException("%s: no object of keys".formatted(file.getFileName()));
    }
    return json;
  }

  /** The values of a file's keys. */
  private record Keys(Path file, JsonNode json) {

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

    private GhzConfigException refused(String key, JsonNode value, String expected) {
      return new GhzConfigException(
          "%s: %s: %s (expected: %s)".formatted(file.getFileName(), key, value, expected));
    }
  }
}
