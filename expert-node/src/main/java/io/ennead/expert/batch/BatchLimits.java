package io.ennead.expert.batch;

/**
 * Bounds of the queue and of one batch. A call's rows are those it sends or those its experts
 * compute, whichever are more; its bytes are the activations that come in and go out.
 *
 * @param maxBatchRows waiting calls are joined up to so many rows; one call alone may have more
 * @param maxQueuedRows rows waiting
 * @param maxQueuedBytes bytes waiting
 * @param maxInlineRows a call of up to so many rows that finds the engine idle is computed by the
 *     thread that brought it; 0: none is
 */
public record BatchLimits(
    int maxBatchRows, int maxQueuedRows, long maxQueuedBytes, int maxInlineRows) {
  /** Checks that all are positive. */
  public BatchLimits {
    requirePositive("max batch rows", maxBatchRows);
    requirePositive("max queued rows", maxQueuedRows);
    requirePositive("max queued bytes", maxQueuedBytes);
    if (maxInlineRows < 0) {
      throw new IllegalArgumentException(
          "max inline rows: %d (expected: at least 0)".formatted(maxInlineRows));
    }
  }

  private static void requirePositive(String what, long value) {
    if (value < 1) {
      throw new IllegalArgumentException("%s: %d (expected: at least 1)".formatted(what, value));
    }
  }
}
