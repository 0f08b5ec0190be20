package io.ennead.router.generate;

import io.ennead.router.model.TextCodec;
import io.ennead.router.model.Utf8Assembler;
import java.util.List;
import java.util.Optional;

/**
 * Turns the tokens of one sequence into text while they are made: tokens to bytes, bytes to
 * complete characters, and those past the stop strings. Special tokens are no text. For one thread
 * at a time.
 */
public final class TextStream {
  private final TextCodec codec;
  private final Utf8Assembler assembler;
  private final StopMatcher matcher;

  /** A stream that ends at the first of these strings, none of them empty. */
  public TextStream(TextCodec codec, List<String> stops) {
    this.codec = codec;
    this.assembler = new Utf8Assembler(codec.marksEachByte());
    this.matcher = new StopMatcher(stops);
  }

  /** Takes the next token; gives the text that became certain. */
  public String push(int id) {
    if (codec.special(id)) {
      return "";
    }
    return matcher.push(assembler.push(codec.bytes(id)));
  }

  /**
   * The end of the tokens: gives the text that was held back. Bytes that never became a character
   * read as U+FFFD, which may yet complete a stop string.
   */
  public String finish() {
    return matcher.push(assembler.flush()) + matcher.flush();
  }

  /** The stop string that ended the text. */
  public Optional<String> stop() {
    return matcher.found();
  }
}
