package io.ennead.errors;

/** Text that may be of any length, cut for messages. */
public final class ShortText {
  private ShortText() {}

  /**
   * The text itself, or its beginning, an ellipsis and how long it was.
   *
   * @param max characters that are kept, at least 1
   */
  public static String of(String text, int max) {
    if (text.length() <= max) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(max - 1)) ? max - 1 : max;
    return "%s... (%d characters)".formatted(text.substring(0, end), text.length());
  }
}
