package io.ennead.router.model;

import io.ennead.router.moe.Routing;

/**
 * Sees what a step computes, as it is computed, on the thread that runs the step. Arrays are the
 * observer's only during the call.
 */
public interface StepObserver {

  /**
   * The gate's work at one layer.
   *
   * @param hidden what gate and experts get, [rows of the step, hidden]
   * @param logits gate logits, [rows of the step, experts]
   */
  default void routed(int layer, float[] hidden, float[] logits, Routing routing) {}

  /**
   * Logits of one position.
   *
   * @param span index of the span in the step
   * @param row index of the token in the span
   * @param logits [.., vocabulary]: the row begins at {@code offset}
   */
  void logits(int span, int row, float[] logits, int offset);
}
