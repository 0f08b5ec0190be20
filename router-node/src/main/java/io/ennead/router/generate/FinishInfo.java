package io.ennead.router.generate;

import java.time.Duration;

/**
 * How a sequence ended.
 *
 * @param stop the stop string found; empty when the reason is another
 * @param promptTokens the beginning-of-sequence token included
 * @param generatedTokens an end-of-sequence token included
 * @param seed that was used
 * @param queued from arrival to a place in the batch
 * @param firstToken from arrival to the first token
 * @param total from arrival to the end
 */
public record FinishInfo(
    Reason reason,
    String stop,
    int promptTokens,
    int generatedTokens,
    long seed,
    Duration queued,
    Duration firstToken,
    Duration total) {

  /** Why. */
  public enum Reason {
    /** The model gave its end-of-sequence token. */
    EOS,
    /** A stop string was found. */
    STOP,
    /** The limit of tokens or the end of the context was reached. */
    LENGTH
  }
}
