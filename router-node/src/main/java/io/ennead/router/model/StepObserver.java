package io.ennead.router.model;

import io.ennead.router.moe.RoutingObserver;
import java.util.Set;

/** Sees what a step computes; rows are those of the step. */
public interface StepObserver extends RoutingObserver {

  /**
   * Rows of a layer that go on without experts.
   *
   * @param row index of the token in the step
   */
  default void degraded(int layer, int row, Set<Integer> experts) {}

  /**
   * Logits of one position.
   *
   * @param span index of the span in the step
   * @param row index of the token in the span
   * @param logits [.., vocabulary]: the row begins at {@code offset}
   */
  void logits(int span, int row, float[] logits, int offset);
}
