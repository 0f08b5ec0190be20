package io.ennead.router.profile;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Name and version of a profile, spelled name@version.
 *
 * @param name at most 64 lower-case letters, digits, '-', '_' and '.', a letter or digit first; not
 *     "none"
 * @param version at least 1
 */
public record ProfileId(String name, int version) {
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");
  private static final Pattern ID = Pattern.compile("([^@]+)@([1-9][0-9]{0,8})");

  /** What stands for the model's own gate. */
  public static final String NONE = "none";

  /** Refuses other spellings. */
  public ProfileId {
    if (!NAME.matcher(name).matches() || name.equals(NONE)) {
      throw new IllegalArgumentException(
          "profile name: %s (expected: %s, not %s)".formatted(name, NAME, NONE));
    }
    if (version < 1) {
      throw new IllegalArgumentException(
          "profile version: %d (expected: at least 1)".formatted(version));
    }
  }

  /**
   * Reads name@version.
   *
   * @throws IllegalArgumentException when it is spelled otherwise
   */
  public static ProfileId parse(String text) {
    Matcher matcher = ID.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("profile: %s (expected: name@version)".formatted(text));
    }
    return new ProfileId(matcher.group(1), Integer.parseInt(matcher.group(2)));
  }

  @Override
  public String toString() {
    return name + "@" + version;
  }
}
