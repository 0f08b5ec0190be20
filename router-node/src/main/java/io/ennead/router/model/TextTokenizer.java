package io.ennead.router.model;

import io.ennead.router.model.SentencePieceTokenizer.BeginningOfSequence;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The tokenizer of a model directory. Not to be used after {@link #close()}. */
public interface TextTokenizer extends TextCodec, AutoCloseable {

  /**
   * Opens tokenizer.json, or else tokenizer.model (SentencePiece).
   *
   * @throws IOException when there is neither, or it is of a kind that is not understood
   */
  static TextTokenizer open(Path modelDirectory) throws IOException {
    Path json = modelDirectory.resolve(JsonTokenizer.FILE);
    Path pieces = modelDirectory.resolve(SentencePieceTokenizer.FILE);
    if (!Files.exists(json) && Files.exists(pieces)) {
      return SentencePieceTokenizer.read(pieces, BeginningOfSequence.of(modelDirectory));
    }
    if (!Files.exists(json)) {
      throw new IOException(
          "%s: missing (expected: this file, or %s)".formatted(json, SentencePieceTokenizer.FILE));
    }
    return JsonTokenizer.read(json);
  }

  /** The largest id with a token, and one; the model's own vocabulary may be padded beyond it. */
  int vocabularySize();

  @Override
  void close();
}
