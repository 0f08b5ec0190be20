package io.ennead.learn;

import io.ennead.learn.labels.Sequences;
import io.ennead.learn.model.Batch;
import io.ennead.learn.train.DataOrder;
import io.ennead.learn.train.Trainer;
import java.util.List;

/** Batches of which one half is of the new domain, the larger, and the other of what is known. */
final class TwoTexts implements Trainer.Batches {
  private static final long KEPT_SEED = 0x6b656570; // another order than that of the new domain

  private final Sequences fresh;
  private final Sequences kept;
  private final DataOrder freshOrder;
  private final DataOrder keptOrder;
  private int step;

  /**
   * Batches from a step on.
   *
   * @param batch sequences of each, at least 2
   */
  TwoTexts(Sequences fresh, Sequences kept, int batch, long seed, int step) {
    this.fresh = fresh;
    this.kept = kept;
    this.freshOrder = new DataOrder(fresh.count(), batch - batch / 2, seed);
    this.keptOrder = new DataOrder(kept.count(), batch / 2, seed + KEPT_SEED);
    this.step = step;
  }

  @Override
  public Batch next() {
    int[] first = freshOrder.of(step);
    int[] then = keptOrder.of(step);
    step++;
    int[][] tokens = new int[first.length + then.length][];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = i < first.length ? fresh.get(first[i]) : kept.get(then[i - first.length]);
    }
    return new Batch(tokens, List.of(), first.length);
  }
}
