package io.ennead.cli.route;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Finds what each token adds to a text.
 *
 * <p>A token alone does not tell: tokenizers drop the space before a first word, and a character
 * may take several tokens. So each token is what the text gains when it is appended to the tokens
 * before it. A text that ends amid a character ends in U+FFFD; when a later token turns that into a
 * character, the character is that token's, and the tokens before it are marked as its parts.
 */
final class TokenTexts {
  /** Tokens before a block that are decoded with it; a character has at most four bytes. */
  private static final int CONTEXT = 8;

  private static final int BLOCK = 16;
  private static final char INCOMPLETE = '\ufffd';

  private final List<Integer> ids;
  private final Function<List<Integer>, String> detokenize;
  private final List<Token> tokens = new ArrayList<>();

  private TokenTexts(List<Integer> ids, Function<List<Integer>, String> detokenize) {
    this.ids = ids;
    this.detokenize = detokenize;
  }

  static List<Token> of(List<Integer> ids, Function<List<Integer>, String> detokenize) {
    TokenTexts texts = new TokenTexts(ids, detokenize);
    for (int block = 0; block < ids.size(); block += BLOCK) {
      texts.addBlock(block);
    }
    return List.copyOf(texts.tokens);
  }

  private void addBlock(int start) {
    int from = Math.max(0, start - CONTEXT);
    String before = from == start ? "" : detokenize.apply(ids.subList(from, start));
    for (int i = start; i < Math.min(ids.size(), start + BLOCK); i++) {
      String now = detokenize.apply(ids.subList(from, i + 1));
      int same = samePrefix(before, now);
      withdraw(before.substring(same));
      tokens.add(new Token(ids.get(i), now.substring(same), false));
      before = now;
    }
  }

  /** Takes an end of the text so far from the tokens that it came with. */
  private void withdraw(String end) {
    int left = end.length();
    for (int i = tokens.size() - 1; i >= 0 && left > 0; i--) {
      Token token = tokens.get(i);
      int kept = Math.max(0, token.text().length() - left);
      left -= token.text().length() - kept;
      boolean part = end.indexOf(INCOMPLETE) >= 0;
      tokens.set(i, new Token(token.id(), token.text().substring(0, kept), part));
    }
  }

  private static int samePrefix(String a, String b) {
    int length = 0;
    while (length < Math.min(a.length(), b.length()) && a.charAt(length) == b.charAt(length)) {
      length++;
    }
    boolean amidPair = length > 0 && Character.isHighSurrogate(a.charAt(length - 1));
    return amidPair ? length - 1 : length;
  }
}
