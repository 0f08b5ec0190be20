package io.ennead.cli.chat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Lines of another program or a file, in UTF-8. */
public final class PipedLines implements ChatLines {
  private final BufferedReader reader;

  /** Reads to the end of a stream, which stays the caller's. */
  public PipedLines(InputStream lines) {
    this.reader = new BufferedReader(new InputStreamReader(lines, StandardCharsets.UTF_8));
  }

  @Override
  public @Nullable String next() throws IOException {
    return reader.readLine();
  }

  /** Nobody is there to press Ctrl-C: it ends the program. */
  @Override
  public Interruptible interruptible(Runnable onInterrupt) {
    return () -> {};
  }

  @Override
  public void close() {}
}
