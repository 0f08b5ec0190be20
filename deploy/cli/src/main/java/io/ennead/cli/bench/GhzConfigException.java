package io.ennead.cli.bench;

/** A configuration file asks for what a run here cannot do. The message is for a person. */
public final class GhzConfigException extends RuntimeException {
  private static final long serialVersionUID = 1;

  GhzConfigException(String message) {
    super(message);
  }
}
