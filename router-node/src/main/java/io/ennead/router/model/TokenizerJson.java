package io.ennead.router.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the tokens of a tokenizer.json, and how its decoder spells bytes. */
final class TokenizerJson {
  /** What Llama's and Mixtral's decoders are put together from; Strip acts at the start alone. */
  private static final Set<String> PIECES =
      Set.of("Replace", "ByteFallback", "Fuse", "Strip", "Metaspace");

  private final JsonNode root;
  private final boolean byteLevel;
  private final boolean byteFallback;

  private TokenizerJson(JsonNode root, Set<String> decoders) {
    this.root = root;
    this.byteLevel = decoders.contains("ByteLevel");
    this.byteFallback = decoders.contains("ByteFallback");
  }

  /**
   * Reads the file.
   *
   * @throws IOException also when the decoder spells bytes in a way that is not understood
   */
  static TokenTable read(Path file) throws IOException {
    JsonNode root = new ObjectMapper().readTree(file.toFile());
    Set<String> decoders = decoders(root.path("decoder"));
    if (!decoders.equals(Set.of("ByteLevel")) && !PIECES.containsAll(decoders)) {
      throw new IOException(
          "%s: decoder: %s (expected: ByteLevel, or of %s)".formatted(file, decoders, PIECES));
    }
    if (!root.path("model").path("vocab").isContainerNode()) {
      throw new IOException(
          "%s: model.vocab: %s (expected: an object or a list)"
              .formatted(file, root.path("model").path("vocab").getNodeType()));
    }
    return new TokenizerJson(root, decoders).table();
  }

  private static Set<String> decoders(JsonNode decoder) {
    String type = decoder.path("type").asText("none");
    if (!type.equals("Sequence")) {
      return Set.of(type);
    }
    Set<String> types = new HashSet<>();
    decoder.path("decoders").forEach(part -> types.add(part.path("type").asText("none")));
    return types;
  }

  private TokenTable table() {
    JsonNode vocabulary = root.path("model").path("vocab");
    JsonNode added = root.path("added_tokens");
    TokenTable table = new TokenTable(size(vocabulary, added), byteFallback);
    if (vocabulary.isArray()) { // Unigram: [token, score] by id
      for (int id = 0; id < vocabulary.size(); id++) {
        put(table, id, vocabulary.get(id).path(0).asText());
      }
    }
    for (Map.Entry<String, JsonNode> entry : List.copyOf(vocabulary.properties())) {
      put(table, entry.getValue().asInt(), entry.getKey());
    }
    for (JsonNode token : added) {
      String content = token.path("content").asText();
      table.put(
          token.path("id").asInt(),
          content,
          content.getBytes(StandardCharsets.UTF_8),
          token.path("special").asBoolean());
    }
    return table;
  }

  private void put(TokenTable table, int id, String token) {
    byte[] bytes =
        byteLevel
            ? ByteSpelling.byteLevel(token)
            : ByteSpelling.pieces(token, byteFallback && ByteSpelling.isByte(token));
    table.put(id, token, bytes, false);
  }

  private static int size(JsonNode vocabulary, JsonNode added) {
    int size = vocabulary.isArray() ? vocabulary.size() : 0;
    for (JsonNode id : vocabulary) {
      size = Math.max(size, id.asInt() + 1);
    }
    for (JsonNode token : added) {
      size = Math.max(size, token.path("id").asInt() + 1);
    }
    return size;
  }
}
