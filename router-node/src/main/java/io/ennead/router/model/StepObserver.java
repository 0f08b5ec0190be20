package io.ennead.router.model;

import io.ennead.router.moe.RoutingObserver;

/** Sees what a step computes; rows are those of the step. */
public interface StepObserver extends RoutingObserver {

  /**
   * Logits of one position.
   *
   * @param span index of the span in the step
   * @param row index of the token in the span
   * @param logits [.., vocabulary]: the row begins at {@code offset}
   */
  void logits(int span, int row, float[] logits, int offset);
}
