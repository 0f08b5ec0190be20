package io.ennead.router.moe;

import io.ennead.router.moe.ExpertLayer.Phase;
import java.util.Map;
import java.util.Set;

/**
 * One Mixture-of-Experts layer as a function of its input: gate logits, routing, experts, weighted
 * sum, shared expert, and nothing else. Safe for use by several threads.
 */
public final class MoeLayer {
  private final GateLogits gateLogits;
  private final Gate gate;
  private final ExpertLayer experts;
  private final SharedExpert shared;

  /** Puts a layer together; the parts stay the caller's. */
  public MoeLayer(GateLogits gateLogits, Gate gate, ExpertLayer experts, SharedExpert shared) {
    this.gateLogits = gateLogits;
    this.gate = gate;
    this.experts = experts;
    this.shared = shared;
  }

  /** The gate. */
  public Gate gate() {
    return gate;
  }

  /**
   * Runs the layer on rows [rows, width] that share their options, at positions from 0. Blocks like
   * the experts do.
   */
  public Result forward(
      int layer,
      Phase phase,
      float[] hidden,
      RoutingOptions options,
      CallScope scope,
      RoutingObserver observer) {
    float[] logits = gateLogits.logits(layer, phase, hidden);
    RoutedRows routed = RoutedRows.of(logits.length / gate.experts(), options);
    Routing routing = gate.route(layer, logits, routed);
    observer.routed(layer, hidden, logits, routing);
    Survivors.Result survivors =
        Survivors.of(
            experts.forward(layer, phase, hidden, routing, scope, observer), routing, routed);
    add(survivors.rows(), shared.output(layer, phase, hidden));
    return new Result(survivors.rows(), routing, logits, survivors.degraded());
  }

  private static void add(CombinedRows rows, float[] more) {
    for (int i = 0; i < more.length; i++) {
      rows.values()[i] += more[i];
    }
  }

  /**
   * The layer's output and how it came about.
   *
   * @param rows combined rows [rows, width]
   * @param logits [rows, experts], effective gate logits
   * @param degraded rows that were computed without some of their experts, and which
   */
  public record Result(
      CombinedRows rows, Routing routing, float[] logits, Map<Integer, Set<Integer>> degraded) {}
}
