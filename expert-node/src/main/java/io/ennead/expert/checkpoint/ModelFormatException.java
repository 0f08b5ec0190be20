package io.ennead.expert.checkpoint;

import java.nio.file.Path;

/**
 * A model directory that is not what it should be. The message reads {@code file: what: value
 * (expected: expectation)}.
 */
public final class ModelFormatException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;
  private static final int MAX_VALUE_LENGTH = 200;

  private ModelFormatException(String message) {
    super(message);
  }

  /** Something in a file that has the wrong value. */
  public static ModelFormatException of(Path file, String what, Object value, String expected) {
    return new ModelFormatException(
        "%s: %s: %s (expected: %s)"
            .formatted(file, shorten(what), shorten(String.valueOf(value)), expected));
  }

  /** Names and values come from the file, where they may be of any length. */
  private static String shorten(String text) {
    return text.length() <= MAX_VALUE_LENGTH ? text : text.substring(0, MAX_VALUE_LENGTH) + "...";
  }
}
