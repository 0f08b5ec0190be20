package io.ennead.router.model;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The two ways in which vocabularies spell bytes. */
final class ByteSpelling {
  private static final int BYTES = 256;
  private static final int FIRST_SUBSTITUTE = 0x100;
  private static final int[] BYTE_OF_CHARACTER = byteOfCharacter();

  /** U+2581, which SentencePiece writes for a space. */
  private static final String SPACE = "\u2581";

  private ByteSpelling() {}

  /**
   * SentencePiece's: a lower one eighth block for a space, and {@code <0x0A>} for a byte where
   * {@code isByte} says so.
   */
  static byte[] pieces(String token, boolean isByte) {
    if (isByte) {
      return new byte[] {(byte) Integer.parseInt(token.substring(3, 5), 16)};
    }
    return token.replace(SPACE, " ").getBytes(StandardCharsets.UTF_8);
  }

  /** Whether a token is spelt as a byte. */
  static boolean isByte(String token) {
    return token.matches("<0x[0-9A-F]{2}>");
  }

  /**
   * GPT-2's: every byte is one printable character, the printable ones of Latin-1 themselves, the
   * other 68 U+0100 and up in ascending order ({@code bytes_to_unicode} of encoder.py). A token
   * with a character outside that table, as added tokens may have, stands for its own UTF-8.
   */
  static byte[] byteLevel(String token) {
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
