package io.ennead.router.sample;

/**
 * Changes logits before they are ranked. Computes in double and rounds to float once; a logit of
 * -infinity stays what it is, and only masks make one.
 */
interface LogitEdit {

  /** Changes a row, in place. */
  void apply(float[] row);

  /** The history has got longer by a token. */
  default void appended() {}

  /** The nearest finite float: what is lowered or raised is neither removed nor made certain. */
  static float finite(double value) {
    return (float) Math.max(-Float.MAX_VALUE, Math.min(Float.MAX_VALUE, value));
  }
}
