package io.ennead.router.generate;

import java.time.Duration;

/**
 * Bounds of what waits for a place in the batch.
 *
 * @param sequences that wait
 * @param tokens of their prompts
 * @param time when the first of a tenant's requests of one priority has waited for so long, more of
 *     them are refused
 */
public record QueueLimits(int sequences, long tokens, Duration time) {

  /** However many tokens, and however long it takes. */
  public static QueueLimits ofSequences(int sequences) {
    return new QueueLimits(sequences, Long.MAX_VALUE / 256, Duration.ofDays(1));
  }
}
