package io.ennead.router.model;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Turns bytes that arrive in pieces into complete characters. A character that is cut is held until
 * its rest arrives; malformed bytes become U+FFFD. For one thread at a time.
 */
public final class Utf8Assembler {
  private static final String REPLACEMENT = "\uFFFD";

  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT);
  private final boolean marksEachByte;
  private byte[] tail = {};

  /**
   * Starts at the beginning of a text.
   *
   * @param marksEachByte one U+FFFD for each malformed byte; otherwise one for each maximal part of
   *     a character, so that all pieces together read like {@code new String(bytes, UTF_8)}
   */
  public Utf8Assembler(boolean marksEachByte) {
    this.marksEachByte = marksEachByte;
  }

  /** Takes the next bytes; gives the characters that are complete. */
  public String push(byte[] bytes) {
    byte[] all = Arrays.copyOf(tail, tail.length + bytes.length);
    System.arraycopy(bytes, 0, all, tail.length, bytes.length);
    ByteBuffer in = ByteBuffer.wrap(all);
    CharBuffer out = CharBuffer.allocate(all.length);
    CoderResult result = decoder.decode(in, out, false);
    while (result.isError()) {
      in.position(in.position() + result.length());
      out.put(REPLACEMENT.repeat(marksEachByte ? result.length() : 1));
      result = decoder.decode(in, out, false);
    }
    tail = Arrays.copyOfRange(all, in.position(), all.length);
    return out.flip().toString();
  }

  /** The end of the bytes: gives U+FFFD for what never became complete. */
  public String flush() {
    String rest =
        marksEachByte ? REPLACEMENT.repeat(tail.length) : new String(tail, StandardCharsets.UTF_8);
    tail = new byte[0];
    return rest;
  }
}
