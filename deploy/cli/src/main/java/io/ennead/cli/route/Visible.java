package io.ennead.cli.route;

import java.util.stream.Collectors;

/**
 * Text of tokens as it can be shown: no control characters, which would move a terminal's cursor or
 * are not allowed in XML, and none that turn the direction of the text around.
 */
public final class Visible {
  private static final String PART = "▸";
  private static final String NOTHING = "∅";

  private Visible() {}

  /** A token in a text. */
  public static String of(Token token) {
    if (token.part()) {
      return of(token.text()) + PART;
    }
    return token.text().isEmpty() ? NOTHING : of(token.text());
  }

  /** Any text. */
  public static String of(String text) {
    return text.codePoints().mapToObj(Visible::character).collect(Collectors.joining());
  }

  private static String character(int point) {
    return switch (point) {
      case '\n' -> "⏎";
      case '\t' -> "⇥";
      case 0x7f -> "␡";
      default -> point < 0x20 ? Character.toString(0x2400 + point) : other(point);
    };
  }

  private static String other(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          escape(point);
      case Character.UNASSIGNED -> // newer than this Java, or never to be assigned
          (point & 0xfffe) == 0xfffe ? escape(point) : Character.toString(point);
      case Character.FORMAT -> joinsEmoji(point) ? Character.toString(point) : escape(point);
      default -> Character.toString(point);
    };
  }

  private static String escape(int point) {
    return "\\u%04x".formatted(point);
  }

  /** Zero width joiner, and the tags in the flags of countries' parts. */
  private static boolean joinsEmoji(int point) {
    return point == 0x200d || point >= 0xe0020 && point <= 0xe007f;
  }

  /** Text of at most so many columns, cut with an ellipsis. */
  static String cut(String text, int columns) {
    if (columns(text) <= columns) {
      return text;
    }
    StringBuilder cut = new StringBuilder();
    int used = 1;
    for (int point : text.codePoints().toArray()) {
      used += columns(point);
      if (used > columns) {
        break;
      }
      cut.appendCodePoint(point);
    }
    return cut.append('…').toString();
  }

  private static int columns(String text) {
    return text.codePoints().map(Visible::columns).sum();
  }

  /** East Asian characters and emoji are twice as wide; so is everything rare, to be safe. */
  private static int columns(int point) {
    int type = Character.getType(point);
    if (type == Character.NON_SPACING_MARK || type == Character.FORMAT) {
      return 0;
    }
    return point >= 0x1100 && (point < 0x2000 || point > 0x2bff) ? 2 : 1;
  }
}
