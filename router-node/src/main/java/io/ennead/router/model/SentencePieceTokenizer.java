package io.ennead.router.model;

import ai.djl.sentencepiece.SpTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ennead.router.model.SentencePieceModel.Piece;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * tokenizer.model: SentencePiece's own code encodes. Ids are decoded here, as the native binding
 * loses characters beyond the basic plane, by the rules of SentencePieceProcessor::Decode
 * (sentencepiece, src/sentencepiece_processor.cc).
 */
final class SentencePieceTokenizer extends VocabularyTokenizer {
  static final String FILE = "tokenizer.model";

  private final SpTokenizer tokenizer;
  private final SentencePieceModel model;
  private final Pattern marks;
  private final boolean addBos;

  private SentencePieceTokenizer(SpTokenizer tokenizer, SentencePieceModel model, boolean addBos) {
    super(table(model));
    this.tokenizer = tokenizer;
    this.model = model;
    this.marks = marks(model);
    this.addBos = addBos;
  }

  static SentencePieceTokenizer read(Path file, BeginningOfSequence bos) throws IOException {
    SentencePieceModel model = SentencePieceModel.read(file);
    if (bos.added() && model.bos() < 0) {
      throw new IOException(file + ": no beginning-of-sequence piece (expected by add_bos_token)");
    }
    return new SentencePieceTokenizer(new SpTokenizer(file), model, bos.added());
  }

  private static TokenTable table(SentencePieceModel model) {
    List<Piece> pieces = model.pieces();
    TokenTable table = new TokenTable(pieces.size(), pieces.stream().anyMatch(Piece::isByte));
    for (int id = 0; id < pieces.size(); id++) {
      Piece piece = pieces.get(id);
      byte[] bytes =
          piece.unknown()
              ? model.unknownSurface().getBytes(StandardCharsets.UTF_8)
              : ByteSpelling.pieces(piece.text(), piece.isByte());
      table.put(id, piece.text(), bytes, piece.control());
    }
    return table;
  }

  @Override
  public int[] encode(String text, boolean addSpecialTokens) {
    int[] ids = tokenizer.getProcessor().encode(text);
    if (!addSpecialTokens || !addBos) {
      return ids;
    }
    int[] all = new int[ids.length + 1];
    all[0] = model.bos();
    System.arraycopy(ids, 0, all, 1, ids.length);
    return all;
  }

  /** SentencePiece itself never finds a mark in a text: what is between them is encoded alone. */
  @Override
  public int[] encodeMarked(String text) {
    IntStream.Builder ids = IntStream.builder();
    Matcher mark = marks.matcher(text);
    int from = 0;
    while (mark.find()) {
      Arrays.stream(encode(text.substring(from, mark.start()), false)).forEach(ids);
      ids.add(tokenizer.getProcessor().getId(mark.group()));
      from = mark.end();
    }
    Arrays.stream(encode(text.substring(from), false)).forEach(ids);
    return ids.build().toArray();
  }

  private static Pattern marks(SentencePieceModel model) {
    // The first alternative never matches: a model may have no marks.
    return Pattern.compile(
        model.pieces().stream()
            .filter(piece -> piece.control() && !piece.text().isEmpty())
            .map(piece -> Pattern.quote(piece.text()))
            .collect(Collectors.joining("|", "(?!)|", "")));
  }

  @Override
  public String decode(int[] ids, boolean keepSpecialTokens) {
    Utf8Assembler text = new Utf8Assembler(marksEachByte());
    StringBuilder out = new StringBuilder();
    boolean start = model.dummyPrefix() || model.removesSpaces();
    for (int id : ids) {
      if (special(id)) {
        out.append(keepSpecialTokens ? text.flush() + token(id) : "");
        continue;
      }
      byte[] bytes = bytes(id);
      boolean space = start && bytes.length > 0 && bytes[0] == ' ' && !isUnknown(id);
      int skip = space ? 1 : 0;
      ByteArrayOutputStream rest = new ByteArrayOutputStream(bytes.length);
      rest.write(bytes, skip, bytes.length - skip);
      start = start && space && bytes.length == 1 && model.removesSpaces();
      out.append(text.push(rest.toByteArray()));
    }
    return out.append(text.flush()).toString();
  }

  private boolean isUnknown(int id) {
    return id >= 0 && id < model.pieces().size() && model.pieces().get(id).unknown();
  }

  @Override
  public boolean marksEachByte() {
    return true;
  }

  @Override
  public void close() {
    tokenizer.close();
  }

  /**
   * Whether a text begins with the beginning-of-sequence token: {@code add_bos_token} of
   * tokenizer_config.json. Without that file none is added, as xAI's runners.py adds none for
   * Grok-1.
   */
  record BeginningOfSequence(boolean added) {
    static BeginningOfSequence of(Path modelDirectory) throws IOException {
      Path file = modelDirectory.resolve("tokenizer_config.json");
      if (!Files.exists(file)) {
        return new BeginningOfSequence(false);
      }
      JsonNode config = new ObjectMapper().readTree(file.toFile());
      return new BeginningOfSequence(config.path("add_bos_token").asBoolean(false));
    }
  }
}
