package io.ennead.cli;

import java.util.stream.Collectors;

/** Shows a token's text on one line: quotes around it, and escapes for what would not be seen. */
final class Quoted {
  private Quoted() {}

  static String of(String text) {
    return text.codePoints().mapToObj(Quoted::escape).collect(Collectors.joining("", "\"", "\""));
  }

  private static String escape(int codePoint) {
    return switch (codePoint) {
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      case '"' -> "\\\"";
      case '\\' -> "\\\\";
      default ->
          Character.isISOControl(codePoint)
              ? "\\u%04x".formatted(codePoint)
              : Character.toString(codePoint);
    };
  }
}
