package io.ennead.cli.route;

/** A trace cannot be shown; the message is the one line that the terminal shows. */
public final class TraceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** With the line that a person reads. */
  public TraceException(String message) {
    super(message);
  }
}
