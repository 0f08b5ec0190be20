package io.ennead.node;

/** A node cannot start as configured. The message is meant for the person who started it. */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** With a message that names the key, its source, its value and what was expected. */
  public ConfigException(String message) {
    super(message);
  }

  /** Like the other, when an exception told. */
  public ConfigException(String message, Throwable cause) {
    super(message, cause);
  }
}
