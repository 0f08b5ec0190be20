package io.ennead.router.generate;

/**
 * Bounds of the batch, and how it shares.
 *
 * @param maxBatch sequences that run at once
 * @param queue what may wait
 * @param prefillChunk tokens of a prompt computed as one span: part of the numerics
 * @param prefillBudget tokens of prompts in one step, at least one chunk: not part of the numerics
 * @param prefixCache whether prompts that begin alike share what is computed: not part of the
 *     numerics
 */
public record SchedulerLimits(
    int maxBatch, QueueLimits queue, int prefillChunk, int prefillBudget, boolean prefixCache) {

  /** A queue that is bounded in sequences alone. */
  public SchedulerLimits(
      int maxBatch, int maxQueued, int prefillChunk, int prefillBudget, boolean prefixCache) {
    this(maxBatch, QueueLimits.ofSequences(maxQueued), prefillChunk, prefillBudget, prefixCache);
  }
}
