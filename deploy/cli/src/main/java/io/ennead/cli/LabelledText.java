package io.ennead.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A line of a file of JSON lines: its field "text", and another one that says what it is. */
record LabelledText(String label, String text) {

  /**
   * Reads a file.
   *
   * @param by the field of the labels; null: all are empty
   */
  static List<LabelledText> read(Path file, @Nullable String by) throws IOException {
    ObjectMapper json = new ObjectMapper();
    List<LabelledText> texts = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      JsonNode object = json.readTree(line);
      String where = "%s, line %d".formatted(file, texts.size() + 1);
      String label = by == null ? "" : field(object, by, where).asText();
      texts.add(new LabelledText(label, field(object, "text", where).asText()));
    }
    return texts;
  }

  private static JsonNode field(JsonNode object, String name, String where) {
    JsonNode value = object.path(name);
    if (!value.isValueNode() || value.isNull()) {
      throw new CommandException(
          "%s: no %s (expected: an object with a field \"%s\")".formatted(where, name, name));
    }
    return value;
  }
}
