package io.ennead.router.model;

/** Text to token ids and back, for one model. Safe for use by several threads. */
public interface TextCodec {

  /** Ids of a text; with the special tokens that the model's tokenizer adds, when asked for. */
  int[] encode(String text, boolean addSpecialTokens);

  /** Ids of a text that brings its own special tokens, spelt out; no other is added. */
  int[] encodeMarked(String text);

  /** The text of ids; special tokens are left out unless they are to be kept. */
  String decode(int[] ids, boolean keepSpecialTokens);

  /** Exactly the bytes that a token stands for: not always whole characters. Not to be modified. */
  byte[] bytes(int id);

  /**
   * How bytes that are no UTF-8 read: each as a U+FFFD, as SentencePiece and byte fallback have it,
   * or each maximal part of a character as one, as byte-level vocabularies have it.
   */
  boolean marksEachByte();

  /** How many bytes the longest token stands for; at least 1. */
  int longestTokenBytes();

  /** The token as the vocabulary spells it; empty for an id without a token. */
  String token(int id);

  /** Whether the token is a mark for the model and no text. */
  boolean special(int id);
}
