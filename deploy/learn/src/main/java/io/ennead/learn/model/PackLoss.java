package io.ennead.learn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Optional;

/**
 * The objective of a pack: {@code (1 - alpha) H + alpha KL(without || with) + G}, means over rows.
 * H is the cross-entropy of the text that new experts are wanted for; KL, over the other text, is
 * how far the pack moves the model's distributions there (Li and Hoiem 2016); G is {@link
 * AddedRows}' loss. With a cross-entropy of the other text the gate would open for it, since new
 * experts can learn that by heart.
 */
final class PackLoss {
  private final Pass pass;
  private final Batch batch;
  private final Objective objective;

  PackLoss(Pass pass, Batch batch, Objective objective) {
    this.pass = pass;
    this.batch = batch;
    this.objective = objective;
  }

  /**
   * The loss.
   *
   * @param logits [rows, vocabulary] with the pack
   * @param gates AddedRows' loss
   * @param without the model's own forward pass
   */
  Loss of(NDArray logits, NDArray gates, Transformer without) {
    int fresh = batch.fresh() * batch.length();
    NDArray logProbs = logits.logSoftmax(1);
    if (fresh == batch.rows()) {
      return Loss.of(Loss.crossEntropy(pass, logProbs, batch, fresh));
    }
    NDList parts = logProbs.split(new long[] {fresh});
    NDArray crossEntropy = Loss.crossEntropy(pass, parts.get(0), batch, fresh);
    NDArray moved = divergence(without, parts.get(1));
    NDArray total =
        crossEntropy
            .mul(pass.number(1 - objective.alpha()))
            .add(moved.mul(pass.number(objective.alpha())))
            .add(gates);
    return new Loss(total, crossEntropy, Optional.of(moved));
  }

  private NDArray divergence(Transformer without, NDArray with) {
    NDArray before = without.logits(batch.kept(), batch.length()).logSoftmax(1);
    return before.exp().mul(before.sub(with)).sum(new int[] {1}).mean();
  }
}
