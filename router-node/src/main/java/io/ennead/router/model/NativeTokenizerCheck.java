package io.ennead.router.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Checks those parts of a tokenizer.json that make the native library end the process, instead of
 * refusing the file or a text: special tokens that are named and not defined, and merges without
 * the prefix that they should begin with.
 */
final class NativeTokenizerCheck {
  private final Path file;

  private NativeTokenizerCheck(Path file) {
    this.file = file;
  }

  /**
   * Checks a file.
   *
   * @throws IOException naming what is wrong
   */
  static void require(Path file, JsonNode root) throws IOException {
    NativeTokenizerCheck check = new NativeTokenizerCheck(file);
    check.requireMerges(root.path("model"));
    check.requireProcessor(root.path("post_processor"));
  }

  private void requireMerges(JsonNode model) throws IOException {
    String prefix = model.path("continuing_subword_prefix").asText("");
    for (JsonNode merge : model.path("merges")) {
      String[] parts = merge.asText().split(" ", 2);
      String second = merge.isTextual() ? parts[parts.length - 1] : merge.path(1).asText();
      if (!second.startsWith(prefix)) {
        throw new IOException(
            "%s: merge: %s (expected: its second part begins with %s)"
                .formatted(file, merge, prefix));
      }
    }
  }

  private void requireProcessor(JsonNode processor) throws IOException {
    switch (processor.path("type").asText()) {
      case "Sequence" -> {
        for (JsonNode part : processor.path("processors")) {
          requireProcessor(part);
        }
      }
      case "TemplateProcessing" -> requireTemplate(processor);
      case "BertProcessing", "RobertaProcessing" -> {
        requireId(processor.path("sep").path(1));
        requireId(processor.path("cls").path(1));
      }
      default -> {} // none of its own tokens
    }
  }

  private void requireTemplate(JsonNode template) throws IOException {
    JsonNode defined = template.path("special_tokens");
    for (String text : new String[] {"single", "pair"}) {
      for (JsonNode piece : template.path(text)) {
        requireDefined(piece.path("SpecialToken"), defined);
      }
    }
    for (Map.Entry<String, JsonNode> token : defined.properties()) {
      requireIds(token.getKey(), token.getValue());
    }
  }

  private void requireDefined(JsonNode piece, JsonNode defined) throws IOException {
    String name = piece.path("id").asText();
    if (!piece.isMissingNode() && !defined.has(name)) {
      throw new IOException(
          "%s: post_processor: %s (expected: one of its special_tokens)".formatted(file, name));
    }
  }

  private void requireIds(String name, JsonNode token) throws IOException {
    int ids = token.path("ids").size();
    int tokens = token.path("tokens").size();
    if (ids != tokens) {
      throw new IOException(
          "%s: post_processor: %s: %d ids (expected: %d, one a token)"
              .formatted(file, name, ids, tokens));
    }
    for (JsonNode id : token.path("ids")) {
      requireId(id);
    }
  }

  private void requireId(JsonNode id) throws IOException {
    TokenizerJson.id(file, id);
  }
}
