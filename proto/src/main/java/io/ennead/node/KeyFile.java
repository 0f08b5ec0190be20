package io.ennead.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that holds one API key, as its holder sends it. */
public final class KeyFile {
  private KeyFile() {}

  /**
   * The key.
   *
   * @throws ConfigException when the file cannot be read or does not hold one line
   */
  public static String read(Path file) {
    try {
      String key = Files.readString(file).strip();
      if (!key.matches("[!-~]+")) {
        throw new ConfigException("key file %s: (expected: one key)".formatted(file));
      }
      return key;
    } catch (IOException e) {
      throw new ConfigException("key file %s: cannot be read".formatted(file), e);
    }
  }
}
