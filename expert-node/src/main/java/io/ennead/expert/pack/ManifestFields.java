package io.ennead.expert.pack;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.expert.checkpoint.ModelFormatException;
import io.ennead.expert.checkpoint.StrictJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Typed access to the fields of a manifest, all of which matter. Used by one thread. */
final class ManifestFields {
  private static final long MAX_BYTES = 1 << 16;

  private final Path file;
  private final JsonNode object;
  private final Set<String> read = new HashSet<>();

  private ManifestFields(Path file, JsonNode object) {
    this.file = file;
    this.object = object;
  }

  static ObjectNode object() {
    return new ObjectMapper().createObjectNode();
  }

  static ManifestFields read(Path file) {
    requireSmall(file);
    var mapper = new ObjectMapper();
    JsonNode root = StrictJson.parseFile(file, parser -> mapper.<JsonNode>readTree(parser));
    if (root == null || !root.isObject()) {
      throw ModelFormatException.of(file, "JSON", "no object", "an object");
    }
    return new ManifestFields(file, root);
  }

  private static void requireSmall(Path file) {
    try {
      if (Files.isRegularFile(file) && Files.size(file) > MAX_BYTES) {
        throw ModelFormatException.of(file, "bytes", Files.size(file), "at most " + MAX_BYTES);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be read", e);
    }
  }

  String text(String key, Pattern allowed, String expected) {
    JsonNode value = required(key);
    if (!value.isTextual() || !allowed.matcher(value.textValue()).matches()) {
      throw refuse(key, value, expected);
    }
    return value.textValue();
  }

  int number(String key, int least, int most) {
    return number(key, required(key), least, most);
  }

  private int number(String key, JsonNode value, int least, int most) {
    boolean whole = value.isIntegralNumber() && value.canConvertToInt();
    if (!whole || value.intValue() < least || value.intValue() > most) {
      throw refuse(key, value, least == most ? String.valueOf(most) : least + " to " + most);
    }
    return value.intValue();
  }

  /** Numbers from 0 on that ascend, at least one. */
  List<Integer> ascending(String key, int most) {
    JsonNode values = required(key);
    if (!values.isArray() || values.isEmpty() || values.size() > most) {
      throw refuse(key, values, "a list of 1 to %d numbers".formatted(most));
    }
    List<Integer> numbers = new ArrayList<>();
    for (JsonNode value : values) {
      int least = numbers.isEmpty() ? 0 : numbers.get(numbers.size() - 1) + 1;
      numbers.add(number(key, value, least, Integer.MAX_VALUE - 1));
    }
    return numbers;
  }

  void requireAllRead() {
    object
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!read.contains(name)) {
                throw refuse(name, object.get(name), "no such field");
              }
            });
  }

  private JsonNode required(String key) {
    read.add(key);
    JsonNode value = object.get(key);
    if (value == null) {
      throw refuse(key, "missing", "a value");
    }
    return value;
  }

  private ModelFormatException refuse(String key, Object value, String expected) {
    return ModelFormatException.of(file, key, value, expected);
  }
}
