package io.ennead.router.api.kserve;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import io.ennead.errors.ServingException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The value of an option, wherever it stood: a request parameter, a tensor, or a field of JSON.
 * Clients whose parameters are text only may write numbers, booleans and JSON as text. What does
 * not fit is an INVALID_FIELD.
 *
 * @param field where it stood, by the request's own names
 */
record OptionValue(String field, JsonNode node) {
  private static final int MAX_JSON_CHARACTERS = 1 << 20;
  private static final Pattern DECIMAL =
      Pattern.compile("[+-]?(\\d{1,64}(\\.\\d{0,64})?|\\.\\d{1,64})([eE][+-]?\\d{1,4})?");
  private static final Pattern WHOLE = Pattern.compile("-?\\d{1,20}");
  private static final ObjectReader JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .reader();

  /** Reads JSON that stands in a text. */
  static JsonNode json(String field, String text) {
    if (text.length() > MAX_JSON_CHARACTERS) {
      throw ServingException.invalidField(
          field,
          text.length() + " characters",
          "at most %d of JSON".formatted(MAX_JSON_CHARACTERS));
    }
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw ServingException.invalidField(field, text, "JSON");
    }
  }

  private ServingException refused(String expected) {
    return ServingException.invalidField(
        field, node.isTextual() ? node.textValue() : node, expected);
  }

  /** A number; texts may be decimal, or infinity with a sign. */
  double number() {
    if (node.isNumber()) {
      return node.doubleValue();
    }
    String text = node.isTextual() ? node.textValue().toLowerCase(Locale.ROOT) : "";
    if (DECIMAL.matcher(text).matches()) {
      return Double.parseDouble(text);
    }
    return switch (text) {
      case "inf", "+inf", "infinity", "+infinity" -> Double.POSITIVE_INFINITY;
      case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
      default -> throw refused("a number");
    };
  }

  /** A whole number of 0 to 2^32 - 1, as its bits. */
  int count() {
    BigInteger whole = whole("0 to 4294967295");
    if (whole.signum() < 0 || whole.bitLength() > Integer.SIZE) {
      throw refused("0 to 4294967295");
    }
    return whole.intValue();
  }

  /** A whole number of -2^63 to 2^64 - 1, as its bits. */
  long seed() {
    BigInteger whole = whole("-2^63 to 2^64 - 1");
    if (whole.bitLength() > (whole.signum() < 0 ? Long.SIZE - 1 : Long.SIZE)) {
      throw refused("-2^63 to 2^64 - 1");
    }
    return whole.longValue();
  }

  private BigInteger whole(String expected) {
    if (node.isIntegralNumber()) {
      return node.bigIntegerValue();
    }
    if (node.isTextual() && WHOLE.matcher(node.textValue()).matches()) {
      return new BigInteger(node.textValue());
    }
    throw refused(expected);
  }

  /** True or false, which texts may say too. */
  boolean flag() {
    if (node.isBoolean()) {
      return node.booleanValue();
    }
    return choice(Map.of("true", true, "false", false));
  }

  /** One of some words, in any case. */
  <T> T choice(Map<String, T> words) {
    T chosen = node.isTextual() ? words.get(node.textValue().toLowerCase(Locale.ROOT)) : null;
    if (chosen == null) {
      throw refused("one of " + words.keySet().stream().sorted().toList());
    }
    return chosen;
  }

  /** One text, or a list of them. */
  List<String> texts() {
    if (node.isTextual()) {
      return List.of(node.textValue());
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode each : list("a text or a list of texts")) {
      if (!each.isTextual()) {
        throw refused("a text or a list of texts");
      }
      texts.add(each.textValue());
    }
    return texts;
  }

  /** A list of whole numbers of 0 to 2^32 - 1, or one. */
  List<Integer> ids() {
    JsonNode parsed = parsed();
    if (parsed.isIntegralNumber()) {
      return List.of(new OptionValue(field, parsed).count());
    }
    List<Integer> ids = new ArrayList<>();
    for (JsonNode each : new OptionValue(field, parsed).list("a list of ids")) {
      ids.add(new OptionValue("%s[%d]".formatted(field, ids.size()), each).count());
    }
    return ids;
  }

  private JsonNode list(String expected) {
    if (!node.isArray()) {
      throw refused(expected);
    }
    return node;
  }

  /** An object whose keys are ids and whose values are numbers. */
  Map<Integer, Double> numbersById() {
    JsonNode parsed = parsed();
    if (!parsed.isObject()) {
      throw refused("an object of ids and numbers");
    }
    Map<Integer, Double> numbers = new HashMap<>();
    parsed
        .properties()
        .forEach(
            entry -> {
              String at = "%s[%s]".formatted(field, entry.getKey());
              JsonNode key = TextNode.valueOf(entry.getKey());
              numbers.put(
                  new OptionValue(at, key).count(), new OptionValue(at, entry.getValue()).number());
            });
    return numbers;
  }

  private JsonNode parsed() {
    return node.isTextual() ? json(field, node.textValue()) : node;
  }
}
