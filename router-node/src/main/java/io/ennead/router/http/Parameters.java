package io.ennead.router.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Utf8;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.ennead.errors.ServingException;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.StreamSupport;

/**
 * The parameters of a JSON object. Each is taken by its name; a null is the same as none; what
 * nobody has taken is refused in the end. Errors are INVALID_FIELD with the name. Used by one
 * thread.
 */
final class Parameters {
  private final ObjectNode object;
  private final String prefix;
  private final Set<String> taken = new HashSet<>();

  /**
   * Parameters of an object.
   *
   * @param prefix of their names, such as "messages[0]."
   */
  Parameters(ObjectNode object, String prefix) {
    this.object = object;
    this.prefix = prefix;
  }

  /** Whether there is a value, which stays to be taken. */
  boolean has(String name) {
    JsonNode value = object.get(name);
    return value != null && !value.isNull();
  }

  Optional<JsonNode> any(String name) {
    taken.add(name);
    return Optional.ofNullable(object.get(name)).filter(value -> !value.isNull());
  }

  JsonNode required(String name) {
    return any(name)
        .orElseThrow(() -> ServingException.invalidField(prefix + name, "null", "a value"));
  }

  Optional<String> text(String name) {
    return any(name).map(value -> text(value, name));
  }

  /** The text of a value of this object. */
  String text(JsonNode value, String name) {
    if (!value.isTextual()) {
      throw refusal(name, value, "a string");
    }
    String text = value.textValue();
    try {
      int unused = Utf8.encodedLength(text);
    } catch (IllegalArgumentException e) {
      throw ServingException.invalidField(prefix + name, "half a character", "Unicode text");
    }
    return text;
  }

  OptionalDouble number(String name) {
    return any(name)
        .map(value -> OptionalDouble.of(number(value, name)))
        .orElse(OptionalDouble.empty());
  }

  double number(JsonNode value, String name) {
    double number = value.doubleValue();
    if (!value.isNumber() || !Double.isFinite(number)) {
      throw refusal(name, value, "a finite number");
    }
    return number;
  }

  OptionalLong whole(String name, long least, long most) {
    return any(name)
        .map(value -> OptionalLong.of(whole(value, name, least, most)))
        .orElse(OptionalLong.empty());
  }

  long whole(JsonNode value, String name, long least, long most) {
    boolean whole = value.isIntegralNumber() && value.canConvertToLong();
    if (!whole || value.longValue() < least || value.longValue() > most) {
      throw refusal(name, value, "a whole number from %d to %d".formatted(least, most));
    }
    return value.longValue();
  }

  boolean flag(String name) {
    return optionalFlag(name).orElse(false);
  }

  Optional<Boolean> optionalFlag(String name) {
    return any(name)
        .map(
            value -> {
              if (!value.isBoolean()) {
                throw refusal(name, value, "true or false");
              }
              return value.booleanValue();
            });
  }

  /** The elements of an array; none when there is no value. */
  List<JsonNode> list(String name, int most) {
    return any(name).map(value -> list(value, name, most)).orElse(List.of());
  }

  List<JsonNode> list(JsonNode value, String name, int most) {
    if (!value.isArray() || value.size() > most) {
      throw refusal(name, value, "an array of at most %d".formatted(most));
    }
    return StreamSupport.stream(value.spliterator(), false).toList();
  }

  /** The parameters of an object within. */
  Optional<Parameters> object(String name) {
    return any(name).map(value -> object(value, name));
  }

  Parameters object(JsonNode value, String name) {
    if (value instanceof ObjectNode inner) {
      return new Parameters(inner, prefix + name + ".");
    }
    throw refusal(name, value, "an object");
  }

  /** A message in proto3's JSON, if there is one. */
  boolean message(String name, Message.Builder message) {
    Optional<JsonNode> value = any(name);
    value.ifPresent(given -> merge(name, given, message));
    return value.isPresent();
  }

  private void merge(String name, JsonNode value, Message.Builder message) {
    if (!value.isObject()) {
      throw refusal(name, value, "an object");
    }
    try {
      JsonFormat.parser().merge(Json.text(value), message);
    } catch (InvalidProtocolBufferException e) {
      throw ServingException.invalidField(
          prefix + name,
          String.valueOf(e.getMessage()),
          "%s in proto3 JSON".formatted(message.getDescriptorForType().getName()));
    }
  }

  /** Names of the parameters, taken or not. */
  Iterator<String> names() {
    return object.fieldNames();
  }

  ServingException refusal(String name, JsonNode value, String expected) {
    return ServingException.invalidField(prefix + name, shown(value), expected);
  }

  private static String shown(JsonNode value) {
    if (value.isArray()) {
      return "an array of " + value.size();
    }
    return value.isObject() ? "an object" : value.toString();
  }

  /** Refuses whatever has not been taken. */
  void requireAllTaken() {
    for (Iterator<String> names = names(); names.hasNext(); ) {
      String name = names.next();
      if (!taken.contains(name)) {
        throw ServingException.invalidField(
            prefix + name, shown(object.get(name)), "no such parameter");
      }
    }
  }
}
