package io.ennead.router.model;

import java.util.Arrays;
import java.util.BitSet;

/** What each token of a vocabulary stands for. Filled by one thread, then only read. */
final class TokenTable {
  private final String[] tokens;
  private final byte[][] bytes;
  private final BitSet special = new BitSet();
  private final boolean byteFallback;

  /** A table without tokens. */
  TokenTable(int size, boolean byteFallback) {
    this.tokens = new String[size];
    this.bytes = new byte[size][];
    this.byteFallback = byteFallback;
    Arrays.fill(tokens, "");
    Arrays.fill(bytes, new byte[0]);
  }

  /** Sets a token: its spelling, the bytes it stands for, and whether it is a mark and no text. */
  void put(int id, String token, byte[] value, boolean mark) {
    tokens[id] = token;
    bytes[id] = value;
    special.set(id, mark);
  }

  /**
   * Whether bytes that no token spells have tokens of their own, {@code <0x00>} to {@code <0xFF>}.
   */
  boolean byteFallback() {
    return byteFallback;
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
}
