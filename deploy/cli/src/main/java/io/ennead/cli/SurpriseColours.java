package io.ennead.cli;

import io.ennead.v1.TokenScore;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A text on backgrounds that tell how surprising each token is, in bits: -log2 of its probability.
 * Colours of the 256-colour palette from calm to hot, under black letters.
 */
final class SurpriseColours {
  private static final int[] BACKGROUNDS = {157, 192, 228, 221, 215, 209, 203};
  private static final int[] FROM_BITS = {0, 1, 2, 4, 6, 9, 12};
  private static final String RESET = "\u001b[0m";
  private static final double LN_2 = Math.log(2);

  private SurpriseColours() {}

  static double bits(double nats) {
    return nats / LN_2;
  }

  /**
   * The text, and a line that explains the colours.
   *
   * @param text as it was before it became tokens: tells whether the first one, which has no score,
   *     is part of it or a special one
   */
  static String of(List<TokenScore> tokens, String text) {
    StringBuilder out = new StringBuilder();
    for (TokenScore token : tokens) {
      if (token.hasLogprob()) {
        paint(out, token.getText(), level(bits(-token.getLogprob())));
      } else if (text.startsWith(token.getText())) {
        out.append(shown(token.getText()));
      }
    }
    return out.append("\n\n").append(legend()).toString();
  }

  private static int level(double bits) {
    return (int) IntStream.of(FROM_BITS).skip(1).filter(from -> bits >= from).count();
  }

  /** A line's end is not painted, or some terminals would paint the whole next line. */
  private static void paint(StringBuilder out, String text, int level) {
    String[] lines = shown(text).split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      out.append(i == 0 ? "" : "\n");
      if (!lines[i].isEmpty()) {
        out.append("\u001b[38;5;16;48;5;%dm".formatted(BACKGROUNDS[level]));
        out.append(lines[i]).append(RESET);
      }
    }
  }

  /** Nothing in a text commands the terminal. */
  private static String shown(String text) {
    return text.replaceAll("[\\p{Cntrl}&&[^\n\t]]", "\ufffd");
  }

  private static String legend() {
    StringBuilder out = new StringBuilder("bits: ");
    for (int level = 0; level < FROM_BITS.length; level++) {
      boolean last = level == FROM_BITS.length - 1;
      String range = FROM_BITS[level] + (last ? "+" : "-" + FROM_BITS[level + 1]);
      paint(out, " " + range + " ", level);
    }
    return out.append("\n").toString();
  }
}
