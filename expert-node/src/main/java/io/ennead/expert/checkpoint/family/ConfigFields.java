package io.ennead.expert.checkpoint.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.ennead.expert.checkpoint.ModelFormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Typed access to the fields of one JSON object. A field that is null counts as absent. Remembers
 * which fields were read: those are understood. Used by one thread.
 */
final class ConfigFields {
  private final Path file;
  private final String prefix;
  private final JsonNode object;
  private final Set<String> read = new HashSet<>();

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

  boolean wasRead(String key) {
    return read.contains(key);
  }

  ConfigFields object(String key) {
    return new ConfigFields(file, prefix + key + ".", required(key));
  }

  /** Fields that are there, not null, and that nobody has read. */
  List<String> unread() {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    names.removeIf(name -> read.contains(name) || !has(name));
    return names;
  }

  /** Refuses fields that nobody has read: for objects whose every field matters. */
  void requireAllRead() {
    for (String name : unread()) {
      requireAbsent(name);
    }
  }

  int positive(String key) {
    return positive(key, Integer.MAX_VALUE);
  }

  int positive(String key, int most) {
    JsonNode value = required(key);
    if (!isInt(value) || value.intValue() < 1 || value.intValue() > most) {
      throw refuse(key, value, "a whole number from 1 to " + most);
    }
    return value.intValue();
  }

  int positiveOr(String key, int absent) {
    return has(key) ? positive(key) : understood(key, absent);
  }

  int notNegativeOr(String key, int absent) {
    return has(key) ? notNegative(key, Integer.MAX_VALUE) : understood(key, absent);
  }

  int notNegative(String key, int most) {
    JsonNode value = required(key);
    if (!isInt(value) || value.intValue() < 0 || value.intValue() > most) {
      throw refuse(key, value, "a whole number from 0 to " + most);
    }
    return value.intValue();
  }

  double positiveNumber(String key) {
    JsonNode value = required(key);
    double number = value.doubleValue();
    if (!value.isNumber() || !(number > 0) || Double.isInfinite(number)) {
      throw refuse(key, value, "a positive number");
    }
    return number;
  }

  double positiveNumberOr(String key, double absent) {
    return has(key) ? positiveNumber(key) : understood(key, absent);
  }

  OptionalDouble optionalPositive(String key) {
    return has(key)
        ? OptionalDouble.of(positiveNumber(key))
        : understood(key, OptionalDouble.empty());
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
      return understood(key, absent);
    }
    JsonNode value = required(key);
    if (!value.isBoolean()) {
      throw refuse(key, value, "true or false");
    }
    return value.booleanValue();
  }

  /** A list of whole numbers that are not negative; empty when absent. */
  List<Integer> integers(String key) {
    List<Integer> numbers = new ArrayList<>();
    for (JsonNode element : elements(key)) {
      if (!isInt(element) || element.intValue() < 0) {
        throw refuse(key, element, "whole numbers that are not negative");
      }
      numbers.add(element.intValue());
    }
    return numbers;
  }

  /** A list of strings; empty when absent. */
  List<String> texts(String key) {
    List<String> texts = new ArrayList<>();
    for (JsonNode element : elements(key)) {
      if (!element.isTextual()) {
        throw refuse(key, element, "strings");
      }
      texts.add(element.textValue());
    }
    return texts;
  }

  private Iterable<JsonNode> elements(String key) {
    if (!has(key)) {
      return understood(key, List.of());
    }
    JsonNode value = required(key);
    if (!value.isArray()) {
      throw refuse(key, value, "a list");
    }
    return value;
  }

  OptionalInt tokenId(String key, int vocabulary) {
    return has(key)
        ? OptionalInt.of(tokenId(key, required(key), vocabulary))
        : understood(key, OptionalInt.empty());
  }

  /** One id, a list of ids, or nothing. */
  List<Integer> tokenIds(String key, int vocabulary) {
    if (!has(key)) {
      return understood(key, List.of());
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
    if (!isInt(value) || value.intValue() < 0 || value.intValue() >= vocabulary) {
      throw refuse(key, value, "a token id from 0 to " + (vocabulary - 1));
    }
    return value.intValue();
  }

  private static boolean isInt(JsonNode value) {
    return value.isIntegralNumber() && value.canConvertToInt();
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

  private <T> T understood(String key, T absent) {
    read.add(key);
    return absent;
  }

  private JsonNode required(String key) {
    read.add(key);
    @Nullable JsonNode value = object.get(key);
    if (value == null || value.isNull()) {
      throw refuse(key, "missing", "a value");
    }
    return value;
  }
}
