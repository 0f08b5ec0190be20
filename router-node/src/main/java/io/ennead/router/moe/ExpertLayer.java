package io.ennead.router.moe;

/**
 * The routed experts of every MoE layer, wherever they are: hidden rows and their routing in,
 * combined rows out. Implemented over the network by {@code dispatch} and in-process for the
 * reference; both give the same bits.
 *
 * <p>Safe for use by several threads.
 */
public interface ExpertLayer {

  /**
   * Runs the chosen experts on each row and sums their outputs by weight, in ascending expert id,
   * in float32. Blocks until every row is combined or has failed.
   *
   * @param layer layer index
   * @param phase decides the kernels' tile, and so the bits
   * @param hidden [rows, width], row-major; not modified
   * @param routing experts and weights of each row; an expert of weight exactly 0 is not run
   * @param scope time limit and cancellation of this call
   * @param observer is told the experts' contributions to the rows that it wants
   */
  CombinedRows forward(
      int layer,
      Phase phase,
      float[] hidden,
      Routing routing,
      CallScope scope,
      RoutingObserver observer);

  /**
   * The same; experts elsewhere are awaited only when some work of the caller's is done. When that
   * fails, the experts' is given up.
   *
   * @param meanwhile runs once, on this thread, when all rows are on their way; here, where nothing
   *     is awaited, before
   */
  default CombinedRows forward(
      int layer,
      Phase phase,
      float[] hidden,
      Routing routing,
      CallScope scope,
      RoutingObserver observer,
      Runnable meanwhile) {
    meanwhile.run();
    return forward(layer, phase, hidden, routing, scope, observer);
  }

  /** Which tile the kernels use. */
  enum Phase {
    /** One row per sequence. */
    DECODE,
    /** Many rows of few sequences. */
    PREFILL
  }
}
