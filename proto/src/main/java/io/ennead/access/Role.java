package io.ennead.access;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a caller may do. Keys have roles, and so have certificates, as URI {@code ennead:ROLE}. */
public enum Role {
  /** Requests to models. */
  INFER,
  /** Metrics and the description of services. */
  READ,
  /** Everything that people may do: {@link #INFER} and {@link #READ} as well. */
  ADMIN,
  /** Calls between nodes, which nobody else makes. */
  NODE;

  private static final String URI_PREFIX = "ennead:";

  /** Whether a caller with this role may do what asks for another. */
  boolean includes(Role asked) {
    return this == asked || (this == ADMIN && asked != NODE);
  }

  /** As it is written in files and flags. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The name that gives this role to a certificate. */
  public String uri() {
    return URI_PREFIX + label();
  }

  /** The role that a certificate's URI gives, if any. */
  public static Optional<Role> ofUri(String uri) {
    return Arrays.stream(values()).filter(role -> role.uri().equals(uri)).findFirst();
  }

  /**
   * Reads a label.
   *
   * @throws IllegalArgumentException naming the value
   */
  public static Role parse(String text) {
    return Arrays.stream(values())
        .filter(role -> role.label().equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "role: %s (expected: %s)"
                        .formatted(
                            text,
                            Arrays.stream(values())
                                .map(Role::label)
                                .collect(Collectors.joining(", ")))));
  }
}
