package io.ennead.client.load;

import io.ennead.node.GrpcErrors;
import io.ennead.v1.ErrorReason;
import java.util.Optional;

/**
 * What one request showed.
 *
 * @param dueNanos when it was due, from the start of the run; in a closed loop, when it was sent
 * @param firstTokenNanos from then to its first token; 0 when none came
 * @param nanos from then to its end
 * @param promptTokens length of its prompt
 * @param tokens tokens that came
 * @param error reason of its failure, as {@code ErrorReason} spells it less the prefix
 */
public record RequestRecord(
    long dueNanos,
    long firstTokenNanos,
    long nanos,
    int promptTokens,
    int tokens,
    Optional<String> error) {
  private static final String QUEUE_FULL = GrpcErrors.label(ErrorReason.ERROR_REASON_QUEUE_FULL);

  /** Whether it did not fit the router's queue. */
  public boolean refused() {
    return error.equals(Optional.of(QUEUE_FULL));
  }

  /** From one token to the next on average; 0 when there are fewer than two. */
  public double nanosPerToken() {
    return tokens < 2 ? 0 : (double) (nanos - firstTokenNanos) / (tokens - 1);
  }
}
