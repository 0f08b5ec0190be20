package io.ennead.router.model;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/**
 * tokenizer.json: Hugging Face's own code, with nothing fetched from anywhere. Never truncates and
 * never pads, whatever the file's or the library's defaults are. As in the reference, the text of a
 * special token inside a prompt becomes that token.
 */
final class JsonTokenizer extends VocabularyTokenizer {
  static final String FILE = "tokenizer.json";

  private static final Map<String, String> OPTIONS =
      Map.of("truncation", "DO_NOT_TRUNCATE", "padding", "DO_NOT_PAD", "addSpecialTokens", "true");

  private final HuggingFaceTokenizer tokenizer;

  private JsonTokenizer(HuggingFaceTokenizer tokenizer, TokenTable table) {
    super(table);
    this.tokenizer = tokenizer;
  }

  static JsonTokenizer read(Path file) throws IOException {
    TokenTable table = TokenizerJson.read(file);
    try (var json = Files.newInputStream(file)) {
      return new JsonTokenizer(HuggingFaceTokenizer.newInstance(json, OPTIONS), table);
    } catch (RuntimeException e) { // the library's only way of refusing a file
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  @Override
  public int[] encode(String text, boolean addSpecialTokens) {
    long[] ids = tokenizer.encode(text, addSpecialTokens, false).getIds();
    return Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
  }

  @Override
  public int[] encodeMarked(String text) {
    return encode(text, false);
  }

  @Override
  public String decode(int[] ids, boolean keepSpecialTokens) {
    return tokenizer.decode(Arrays.stream(ids).asLongStream().toArray(), !keepSpecialTokens);
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
