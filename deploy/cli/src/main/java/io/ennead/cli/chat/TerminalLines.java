package io.ennead.cli.chat;

import java.io.IOException;
import java.util.List;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.completer.ArgumentCompleter;
import org.jline.reader.impl.completer.NullCompleter;
import org.jline.reader.impl.completer.StringsCompleter;
import org.jline.terminal.Terminal;
import org.jline.terminal.Terminal.Signal;
import org.jline.terminal.TerminalBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Lines that somebody types: with editing, the lines before by the arrow keys, and commands
 * completed. Lines are kept in memory alone, since they may be private.
 */
public final class TerminalLines implements ChatLines {
  private static final String PROMPT = "> ";

  private final Terminal terminal;
  private final LineReader reader;

  private TerminalLines(Terminal terminal, LineReader reader) {
    this.terminal = terminal;
    this.reader = reader;
  }

  /**
   * Takes over the terminal of the process.
   *
   * @param commands completed as the first word of a line
   * @param names completed as the second
   */
  public static TerminalLines open(List<String> commands, List<String> names) throws IOException {
    Terminal terminal = TerminalBuilder.builder().system(true).dumb(true).build();
    LineReader reader =
        LineReaderBuilder.builder()
            .terminal(terminal)
            .completer(
                new ArgumentCompleter(
                    new StringsCompleter(commands),
                    new StringsCompleter(names),
                    NullCompleter.INSTANCE))
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true) // "!" is a word like others
            .build();
    return new TerminalLines(terminal, reader);
  }

  @Override
  public @Nullable String next() {
    while (true) {
      try {
        return reader.readLine(PROMPT);
      } catch (UserInterruptException e) {
        if (e.getPartialLine().isEmpty()) {
          return null;
        }
      } catch (EndOfFileException e) {
        return null;
      }
    }
  }

  @Override
  public Interruptible interruptible(Runnable onInterrupt) {
    Terminal.SignalHandler before = terminal.handle(Signal.INT, signal -> onInterrupt.run());
    return () -> terminal.handle(Signal.INT, before);
  }

  @Override
  public void close() throws IOException {
    terminal.close();
  }
}
