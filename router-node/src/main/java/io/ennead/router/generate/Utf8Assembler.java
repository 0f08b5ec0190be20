package io.ennead.router.generate;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Turns bytes that arrive in pieces into complete characters. A character that is cut is held until
 * its rest arrives; malformed bytes become U+FFFD. All pieces together read like {@code new
 * String(bytes, UTF_8)} of all bytes. For one thread at a time.
 */
final class Utf8Assembler {
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private byte[] tail = {};

  /** Takes the next bytes; gives the characters that are complete. */
  String push(byte[] bytes) {
    byte[] all = Arrays.copyOf(tail, tail.length + bytes.length);
    System.arraycopy(bytes, 0, all, tail.length, bytes.length);
    ByteBuffer in = ByteBuffer.wrap(all);
    CharBuffer out = CharBuffer.allocate(all.length);
    decoder.decode(in, out, false);
    tail = Arrays.copyOfRange(all, in.position(), all.length);
    return out.flip().toString();
  }

  /** The end of the bytes: gives U+FFFD for what never became complete. */
  String flush() {
    String rest = new String(tail, StandardCharsets.UTF_8);
    tail = new byte[0];
    return rest;
  }
}
