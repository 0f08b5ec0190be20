package io.ennead.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The text of a request: a flag, a file, or else the standard input. */
final class TextFlag {
  /** Set by the launcher: Java itself cannot tell before version 22. */
  private static final String INPUT_IS_TERMINAL = "ennead.input.terminal";

  @Option(
      names = {"--prompt", "--text"},
      paramLabel = "TEXT",
      description = "The text (default: the standard input, less one line end at its end).")
  private @Nullable String text;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = "A file with the text, less one line end at its end.")
  private @Nullable Path file;

  String read() throws IOException {
    return read(null);
  }

  /** The text; {@code operand} is a file that stands on the command line without its flag. */
  String read(@Nullable Path operand) throws IOException {
    if (Stream.of(text, file, operand).filter(Objects::nonNull).count() > 1) {
      throw new CommandException("more than one text (expected: a file, --prompt, or neither)");
    }
    if (text != null) {
      return text;
    }
    Path from = file == null ? operand : file;
    if (from == null && Boolean.getBoolean(INPUT_IS_TERMINAL)) {
      throw new CommandException("no text: give --prompt or a file, or pipe the text in");
    }
    byte[] bytes = from == null ? System.in.readAllBytes() : Files.readAllBytes(from);
    String all = new String(bytes, StandardCharsets.UTF_8);
    return all.endsWith("\n") ? all.substring(0, all.length() - 1) : all;
  }
}
