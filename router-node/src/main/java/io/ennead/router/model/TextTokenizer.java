package io.ennead.router.model;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/**
 * The tokenizer of a model directory: Hugging Face's own code on its tokenizer.json, with nothing
 * fetched from anywhere. Never truncates and never pads, whatever the file's or the library's
 * defaults are.
 *
 * <p>As in the reference, the text of a special token inside a prompt becomes that token.
 *
 * <p>Safe for use by several threads: the native tokenizer is not changed after loading. Not to be
 * used after {@link #close()}.
 */
public final class TextTokenizer implements TextCodec, AutoCloseable {
  private static final Map<String, String> OPTIONS =
      Map.of("truncation", "DO_NOT_TRUNCATE", "padding", "DO_NOT_PAD", "addSpecialTokens", "true");

  private final HuggingFaceTokenizer tokenizer;
  private final TokenTable table;
  private final int longestTokenBytes;

  private TextTokenizer(HuggingFaceTokenizer tokenizer, TokenTable table) {
    this.tokenizer = tokenizer;
    this.table = table;
    this.longestTokenBytes = table.longestTokenBytes();
  }

  /**
   * Reads tokenizer.json of a model directory.
   *
   * @throws IOException also when its decoder is not of the byte-level kind
   */
  public static TextTokenizer open(Path modelDirectory) throws IOException {
    Path file = modelDirectory.resolve("tokenizer.json");
    TokenTable table = TokenTable.read(file);
    try (var json = Files.newInputStream(file)) {
      return new TextTokenizer(HuggingFaceTokenizer.newInstance(json, OPTIONS), table);
    }
  }

  @Override
  public int[] encode(String text, boolean addSpecialTokens) {
    long[] ids = tokenizer.encode(text, addSpecialTokens, false).getIds();
    return Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
  }

  @Override
  public String decode(int[] ids, boolean keepSpecialTokens) {
    return tokenizer.decode(Arrays.stream(ids).asLongStream().toArray(), !keepSpecialTokens);
  }

  @Override
  public byte[] bytes(int id) {
    return table.bytes(id);
  }

  @Override
  public int longestTokenBytes() {
    return longestTokenBytes;
  }

  @Override
  public String token(int id) {
    return table.token(id);
  }

  @Override
  public boolean special(int id) {
    return table.special(id);
  }

  /** The largest id with a token, and one; the model's own vocabulary may be padded beyond it. */
  public int vocabularySize() {
    return table.size();
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
