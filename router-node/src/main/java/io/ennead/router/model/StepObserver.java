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

  /** Whether {@link #hidden} is to be called for the positions of a span that get logits. */
  default boolean wantsHidden(int span) {
    return false;
  }

  /**
   * What the logits of one position are computed from, before them.
   *
   * @param span index of the span in the step
   * @param row index of the token in the span
   * @param hidden [hidden], the observer's own
   */
  default void hidden(int span, int row, float[] hidden) {}

  /**
   * Logits of one position.
   *
   * @param span index of the span in the step
   * @param row index of the token in the span
   * @param logits [.., vocabulary]: the row begins at {@code offset}
   */
  void logits(int span, int row, float[] logits, int offset);
}
