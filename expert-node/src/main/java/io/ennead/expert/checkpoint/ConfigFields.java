package io.ennead.expert.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Typed access to the fields of one JSON object. A field that is null counts as absent. */
final class ConfigFields {
  private final Path file;
  private final String prefix;
  private final JsonNode object;

  ConfigFields(Path file, String prefix, JsonNode object) {
    this.file = file;
    this.prefix = prefix;
    this.object = object;
    if (!object.isObject()) {
      throw ModelFormatException.of(file, prefix.isEmpty() ? "JSON" : prefix, object, "an object");
    }
  }

  boolean has(String key) {
    return object.hasNonNull(key);
  }

  ConfigFields object(String key) {
    return new ConfigFields(file, prefix + key + ".", required(key));
  }

  List<String> names() {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  int positive(String key) {
    JsonNode value = required(key);
    if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 1) {
      throw refuse(key, value, "a whole number from 1 to 2147483647");
    }
    return value.intValue();
  }

  int positiveOr(String key, int absent) {
    return has(key) ? positive(key) : absent;
  }

  double positiveNumber(String key) {
    JsonNode value = required(key);
    double number = value.doubleValue();
    if (!value.isNumber() || !(number > 0) || Double.isInfinite(number)) {
      throw refuse(key, value, "a positive number");
    }
    return number;
  }

  String text(String key) {
    JsonNode value = required(key);
    if (!value.isTextual()) {
      throw refuse(key, value, "a string");
    }
    return value.textValue();
  }

  boolean flagOr(String key, boolean absent) {
    if (!has(key)) {
      return absent;
    }
    JsonNode value = required(key);
    if (!value.isBoolean()) {
      throw refuse(key, value, "true or false");
    }
    return value.booleanValue();
  }

  OptionalInt tokenId(String key, int vocabulary) {
    return has(key) ? OptionalInt.of(tokenId(key, required(key), vocabulary)) : OptionalInt.empty();
  }

  /** One id, a list of ids, or nothing. */
  List<Integer> tokenIds(String key, int vocabulary) {
    if (!has(key)) {
      return List.of();
    }
    JsonNode value = required(key);
    if (!value.isArray()) {
      return List.of(tokenId(key, value, vocabulary));
    }
    List<Integer> ids = new ArrayList<>();
    value.forEach(id -> ids.add(tokenId(key, id, vocabulary)));
    return ids;
  }

  private int tokenId(String key, JsonNode value, int vocabulary) {
    boolean id = value.isIntegralNumber() && value.canConvertToInt();
    if (!id || value.intValue() < 0 || value.intValue() >= vocabulary) {
      throw refuse(key, value, "a token id from 0 to " + (vocabulary - 1));
    }
    return value.intValue();
  }

  /** Refuses whatever would change the computation. */
  void requireText(String key, String expected) {
    String value = text(key);
    if (!value.equals(expected)) {
      throw refuse(key, value, expected);
    }
  }

  /** Refuses a feature that is switched on. */
  void requireAbsent(String key) {
    if (has(key)) {
      throw refuse(key, required(key), "null, no other value is supported");
    }
  }

  /** Refuses a value, other than null, that is not neutral. */
  void requireNeutral(String key, Predicate<JsonNode> neutral, String expected) {
    if (has(key) && !neutral.test(required(key))) {
      throw refuse(key, required(key), expected);
    }
  }

  ModelFormatException refuse(String key, Object value, String expected) {
    return ModelFormatException.of(file, prefix + key, value, expected);
  }

  private JsonNode required(String key) {
    @Nullable JsonNode value = object.get(key);
    if (value == null || value.isNull()) {
      throw refuse(key, "missing", "a value");
    }
    return value;
  }
}
