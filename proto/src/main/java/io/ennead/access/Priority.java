package io.ennead.access;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Who goes first when requests wait; in ascending order. */
public enum Priority {
  /** What nobody waits for. */
  LOW,
  /** Unless somebody says otherwise. */
  NORMAL,
  /** What somebody waits for. */
  HIGH;

  /** As it is written in files and flags. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Reads a label.
   *
   * @throws IllegalArgumentException naming the value
   */
  public static Priority parse(String text) {
    return Arrays.stream(values())
        .filter(priority -> priority.label().equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "priority: %s (expected: %s)"
                        .formatted(
                            text,
                            Arrays.stream(values())
                                .map(Priority::label)
                                .collect(Collectors.joining(", ")))));
  }
}
