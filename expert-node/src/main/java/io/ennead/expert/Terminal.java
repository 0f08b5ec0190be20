package io.ennead.expert;

/** Whether a person watches the standard error. */
final class Terminal {
  /** Set by the launcher: Java can tell of the standard input and output only. */
  private static final String ERROR_IS_TERMINAL = "ennead.error.terminal";

  private Terminal() {}

  static boolean attached() {
    return Boolean.getBoolean(ERROR_IS_TERMINAL);
  }
}
