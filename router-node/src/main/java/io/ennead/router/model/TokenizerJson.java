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

  /** Ids above say that the file is damaged: the table of tokens is as long as the largest. */
  private static final int MAX_ID = (1 << 22) - 1;

  private final Path file;
  private final JsonNode root;
  private final boolean byteLevel;
  private final boolean byteFallback;

  private TokenizerJson(Path file, JsonNode root, Set<String> decoders) {
    this.file = file;
    this.root = root;
    this.byteLevel = decoders.contains("ByteLevel");
    this.byteFallback = decoders.contains("ByteFallback");
  }

  /**
   * Reads the file.
   *
   * @throws IOException also when the decoder spells bytes in a way that is not understood, or an
   *     id is out of range
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
    NativeTokenizerCheck.require(file, root);
    return new TokenizerJson(file, root, decoders).table();
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

  private TokenTable table() throws IOException {
    JsonNode vocabulary = root.path("model").path("vocab");
    JsonNode added = root.path("added_tokens");
    TokenTable table = new TokenTable(size(vocabulary, added), byteFallback);
    if (vocabulary.isArray()) { // Unigram: [token, score] by id
      for (int id = 0; id < vocabulary.size(); id++) {
        put(table, id, vocabulary.get(id).path(0).asText());
      }
    }
    for (Map.Entry<String, JsonNode> entry : List.copyOf(vocabulary.properties())) {
      put(table, id(entry.getValue()), entry.getKey());
    }
    for (JsonNode token : added) {
      String content = token.path("content").asText();
      table.put(
          id(token.path("id")),
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

  private int size(JsonNode vocabulary, JsonNode added) throws IOException {
    int size = vocabulary.isArray() ? vocabulary.size() : 0;
    for (Map.Entry<String, JsonNode> entry : vocabulary.properties()) {
      size = Math.max(size, id(entry.getValue()) + 1);
    }
    for (JsonNode token : added) {
      size = Math.max(size, id(token.path("id")) + 1);
    }
    return size;
  }

  private int id(JsonNode id) throws IOException {
    return id(file, id);
  }

  /**
   * Reads a token's id.
   *
   * @throws IOException when it is none
   */
  static int id(Path file, JsonNode id) throws IOException {
    if (!id.isIntegralNumber()
        || !id.canConvertToInt()
        || id.intValue() < 0
        || id.intValue() > MAX_ID) {
      throw new IOException("%s: token id: %s (expected: 0 to %d)".formatted(file, id, MAX_ID));
    }
    return id.intValue();
  }
}
