package io.ennead.cli.route;

import java.util.List;

/**
 * The colours of experts, as alike as can be on the page and in the terminal. Dark text reads on
 * each (at least 4.5:1). Any two stay apart for people who do not tell red from green, or blue from
 * yellow (simulated: CIELAB distances of at least 20 on the page, 14 in the terminal). Beyond eight
 * experts colours come again, and numbers tell experts apart.
 */
public final class Palette {
  /** Number of colours. */
  public static final int SIZE = 8;

  private static final List<String> PAGE =
      List.of(
          "#577edb", "#e67a0e", "#00bc7e", "#fbe12b", "#e74546", "#af759b", "#a4d5ff", "#cbdfc2");

  /** The nearest of the 256 colours that terminals have in common. */
  private static final List<Integer> TERMINAL = List.of(68, 208, 36, 220, 203, 139, 153, 194);

  /** Grey of the dark page, and the luminance on which black and white text read equally well. */
  private static final double DARK_PAGE = 0.09;

  private static final double BALANCE = 0.18;

  private Palette() {}

  static String page(int expert) {
    return PAGE.get(expert % SIZE);
  }

  /** Whether dark text reads better than light text on the colour at an opacity, on a dark page. */
  static boolean bright(int expert, double opacity) {
    int color = Integer.parseInt(page(expert).substring(1), 16);
    double luminance =
        0.2126 * linear(color >> 16, opacity)
            + 0.7152 * linear(color >> 8, opacity)
            + 0.0722 * linear(color, opacity);
    return luminance > BALANCE;
  }

  private static double linear(int channel, double opacity) {
    double mixed = opacity * (channel & 0xff) / 255 + (1 - opacity) * DARK_PAGE;
    return Math.pow(mixed, 2.2);
  }

  /** Starts black text on the expert's colour; {@code ESC [0m} ends it. */
  public static String terminal(int expert) {
    return "\u001b[38;5;16;48;5;%dm".formatted(TERMINAL.get(expert % SIZE));
  }
}
