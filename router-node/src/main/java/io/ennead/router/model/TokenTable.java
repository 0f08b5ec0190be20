package io.ennead.router.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;

/**
 * What each token of a byte-level vocabulary stands for, read from tokenizer.json. Immutable.
 *
 * <p>Byte-level BPE writes every byte as one printable character: the printable ones of Latin-1 as
 * themselves, the other 68 as U+0100 and up in ascending order ({@code bytes_to_unicode} of GPT-2's
 * encoder.py). A token with a character outside that table, as added tokens may have, stands for
 * its own UTF-8.
 */
final class TokenTable {
  private static final int BYTES = 256;
  private static final int FIRST_SUBSTITUTE = 0x100;
  private static final int[] BYTE_OF_CHARACTER = byteOfCharacter();

  private final String[] tokens;
  private final byte[][] bytes;
  private final BitSet special;

  private TokenTable(String[] tokens, byte[][] bytes, BitSet special) {
    this.tokens = tokens;
    this.bytes = bytes;
    this.special = special;
  }

  /**
   * Reads tokenizer.json.
   *
   * @throws IOException also when the decoder is not ByteLevel, naming what it is
   */
  static TokenTable read(Path file) throws IOException {
    JsonNode root = new ObjectMapper().readTree(file.toFile());
    String decoder = root.path("decoder").path("type").asText("none");
    if (!decoder.equals("ByteLevel")) {
      throw new IOException("%s: decoder: %s (expected: ByteLevel)".formatted(file, decoder));
    }
    JsonNode vocabulary = root.path("model").path("vocab");
    if (!vocabulary.isObject()) {
      throw new IOException(
          "%s: model.vocab: %s (expected: an object)".formatted(file, vocabulary.getNodeType()));
    }
    return of(vocabulary, root.path("added_tokens"));
  }

  private static TokenTable of(JsonNode vocabulary, JsonNode added) {
    int size = 0;
    for (JsonNode id : vocabulary) {
      size = Math.max(size, id.asInt() + 1);
    }
    for (JsonNode token : added) {
      size = Math.max(size, token.path("id").asInt() + 1);
    }
    TokenTable table = new TokenTable(new String[size], new byte[size][], new BitSet(size));
    Arrays.fill(table.tokens, "");
    Arrays.fill(table.bytes, new byte[0]);
    for (Map.Entry<String, JsonNode> entry : vocabulary.properties()) {
      table.put(entry.getValue().asInt(), entry.getKey(), byteLevel(entry.getKey()));
    }
    added.forEach(table::add);
    return table;
  }

  private void add(JsonNode token) {
    String content = token.path("content").asText();
    int id = token.path("id").asInt();
    put(id, content, content.getBytes(StandardCharsets.UTF_8));
    special.set(id, token.path("special").asBoolean());
  }

  private void put(int id, String token, byte[] value) {
    tokens[id] = token;
    bytes[id] = value;
  }

  /** The largest id and one. */
  int size() {
    return tokens.length;
  }

  String token(int id) {
    return known(id) ? tokens[id] : "";
  }

  byte[] bytes(int id) {
    return known(id) ? bytes[id] : new byte[0];
  }

  int longestTokenBytes() {
    return Arrays.stream(bytes).mapToInt(value -> value.length).reduce(1, Math::max);
  }

  boolean special(int id) {
    return known(id) && special.get(id);
  }

  /** Models have more ids than tokens when the embedding is padded. */
  private boolean known(int id) {
    return id >= 0 && id < tokens.length;
  }

  private static byte[] byteLevel(String token) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(token.length());
    for (int i = 0; i < token.length(); i++) {
      char character = token.charAt(i);
      if (character >= BYTE_OF_CHARACTER.length || BYTE_OF_CHARACTER[character] < 0) {
        return token.getBytes(StandardCharsets.UTF_8);
      }
      out.write(BYTE_OF_CHARACTER[character]);
    }
    return out.toByteArray();
  }

  private static int[] byteOfCharacter() {
    int[] table = new int[FIRST_SUBSTITUTE + BYTES];
    Arrays.fill(table, -1);
    int substitute = FIRST_SUBSTITUTE;
    for (int value = 0; value < BYTES; value++) {
      table[printable(value) ? value : substitute++] = value;
    }
    return Arrays.copyOf(table, substitute);
  }

  private static boolean printable(int value) {
    return (value >= '!' && value <= '~')
        || (value >= 0xA1 && value <= 0xAC)
        || (value >= 0xAE && value <= 0xFF);
  }
}
