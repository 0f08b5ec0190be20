package io.ennead.cli.chat;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Where the lines of a conversation come from. Not for several threads. */
public interface ChatLines extends AutoCloseable {

  /** The next line; null when there is none. */
  @Nullable String next() throws IOException;

  /** What Ctrl-C does until the result is closed, instead of ending the program. */
  Interruptible interruptible(Runnable onInterrupt);

  @Override
  void close() throws IOException;

  /** Ctrl-C means something else for a while. */
  interface Interruptible extends AutoCloseable {
    @Override
    void close();
  }
}
