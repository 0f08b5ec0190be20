package io.ennead.router.generate;

import java.time.Duration;

/**
 * Bounds of the batch, and how it shares.
 *
 * @param maxBatch sequences that run at once
 * @param maxQueued sequences that wait
 * @param maxQueueTime when the first of those that wait has waited for so long, more are refused
 * @param prefillChunk tokens of a prompt computed as one span: part of the numerics
 * @param prefillBudget tokens of prompts in one step, at least one chunk: not part of the numerics
 * @param prefixCache whether prompts that begin alike share what is computed: not part of the
 *     numerics
 */
public record SchedulerLimits(
    int maxBatch,
    int maxQueued,
    Duration maxQueueTime,
    int prefillChunk,
    int prefillBudget,
    boolean prefixCache) {

  /** However long the queue takes. */
  public SchedulerLimits(
      int maxBatch, int maxQueued, int prefillChunk, int prefillBudget, boolean prefixCache) {
    this(maxBatch, maxQueued, Duration.ofDays(1), prefillChunk, prefillBudget, prefixCache);
  }
}
