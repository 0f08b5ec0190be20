package io.ennead.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The text of a request: a flag, or else the standard input. */
final class TextFlag {
  /** Set by the launcher: Java itself cannot tell before version 22. */
  private static final String INPUT_IS_TERMINAL = "ennead.input.terminal";

  @Option(
      names = {"--prompt", "--text"},
      paramLabel = "TEXT",
      description = "The text (default: the standard input, less one line end at its end).")
  private @Nullable String text;

  String read() throws IOException {
    if (text != null) {
      return text;
    }
    if (Boolean.getBoolean(INPUT_IS_TERMINAL)) {
      throw new CommandException("no text: give --prompt, or pipe the text in");
    }
    String all = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    return all.endsWith("\n") ? all.substring(0, all.length() - 1) : all;
  }
}
