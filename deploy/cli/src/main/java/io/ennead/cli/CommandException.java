package io.ennead.cli;

/** A command failed; the message is the one line that the terminal shows. */
final class CommandException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CommandException(String message) {
    super(message);
  }
}
