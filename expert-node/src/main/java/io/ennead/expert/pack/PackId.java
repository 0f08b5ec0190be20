package io.ennead.expert.pack;

import io.ennead.errors.ServingException;
import java.util.regex.Pattern;

/**
 * A pack's name and version. Both are plain words, so that they may be part of a path.
 *
 * @param name up to 64 letters, digits, '.', '_' and '-', the first a letter or digit
 * @param version of the same characters
 */
public record PackId(String name, String version) {
  static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  static final String NAME_WORDS = "1 to 64 letters, digits, '.', '_' or '-', not a sign first";

  /**
   * Refuses what is no name.
   *
   * @throws ServingException INVALID_FIELD
   */
  public PackId {
    require("pack.name", name);
    require("pack.version", version);
  }

  private static void require(String field, String value) {
    if (!NAME.matcher(value).matches()) {
      throw ServingException.invalidField(field, value, NAME_WORDS);
    }
  }

  /** Name of its directory below {@code --packs}, such as {@code german@1}. */
  public String directory() {
    return name + "@" + version;
  }

  @Override
  public String toString() {
    return directory();
  }
}
