package io.ennead.router.generate;

import io.ennead.router.model.TextCodec;
import io.ennead.router.model.Utf8Assembler;
import java.util.List;
import java.util.Optional;

/**
 * Turns the tokens of one sequence into text while they are made: tokens to bytes, bytes to
 * complete characters, and those past the stop strings. Special tokens are no text. The text of the
 * first tokens may be exempt from the stop strings, which then begin to match behind it. For one
 * thread at a time.
 */
public final class TextStream {
  private final TextCodec codec;
  private final Utf8Assembler assembler;
  private final StopMatcher matcher;
  private int exempt;

  /** A stream that ends at the first of these strings, none of them empty. */
  public TextStream(TextCodec codec, List<String> stops) {
    this(codec, stops, 0);
  }

  /**
   * A stream that ends at the first of these strings, none of them empty, behind its first tokens.
   *
   * @param minTokens how many tokens are exempt
   */
  public TextStream(TextCodec codec, List<String> stops, int minTokens) {
    this.exempt = minTokens;
    this.codec = codec;
    this.assembler = new Utf8Assembler(codec.marksEachByte());
    this.matcher = new StopMatcher(stops);
  }

  /** Takes the next token; gives the text that became certain. */
  public String push(int id) {
    String text = codec.special(id) ? "" : assembler.push(codec.bytes(id));
    if (exempt > 0) {
      exempt--;
      return text;
    }
    return matcher.push(text);
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
