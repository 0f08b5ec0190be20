package io.ennead.router.moe;

/**
 * Sees how rows are routed and what their experts contribute, as it happens, on the thread that
 * runs the layer. Arrays are the observer's only during the call. By default it sees nothing.
 */
public interface RoutingObserver {
  /** Sees nothing. */
  RoutingObserver NONE = new RoutingObserver() {};

  /**
   * The gate's work at one layer.
   *
   * @param hidden what gate and experts get, [rows, width]
   * @param logits gate logits, [rows, ids]: also of packs that any of the rows knows
   */
  default void routed(int layer, float[] hidden, float[] logits, Routing routing) {}

  /** Whether the contributions to a row are wanted; when not, nothing is computed for it. */
  default boolean wants(int row) {
    return false;
  }

  /**
   * One expert's part in a row of the layer routed last.
   *
   * @param norm the L2 norm of what it adds, weight included
   */
  default void contribution(int row, int expert, double norm, Origin origin) {}

  /**
   * Where an expert's output came from.
   *
   * @param node name of the node that answered
   * @param retried whether another node had failed first
   */
  record Origin(String node, boolean retried) {}
}
