package io.ennead.router.generate;

import java.util.concurrent.CompletableFuture;

/** Gives texts their log-probabilities. Safe for use by several threads. */
@FunctionalInterface
public interface Scorer {

  /**
   * Accepts a job, whose routing's packs the caller holds, or refuses it at once; never blocks.
   * Cancelling the future ends the job.
   *
   * @return fails with a {@link io.ennead.errors.ServingException}
   * @throws io.ennead.errors.ServingException when it is refused: QUEUE_FULL, NODE_LOADING,
   *     NODE_DRAINING
   */
  CompletableFuture<ScoredTokens> score(ScoreJob job);
}
