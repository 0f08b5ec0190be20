package io.ennead.router.moe;

import io.ennead.router.moe.ExpertLayer.Phase;

/**
 * One Mixture-of-Experts layer as a function of its input: gate logits, routing, experts, weighted
 * sum, and nothing else. Safe for use by several threads.
 */
public final class MoeLayer {
  private final GateLogits gateLogits;
  private final Gate gate;
  private final ExpertLayer experts;

  /** Puts a layer together; the parts stay the caller's. */
  public MoeLayer(GateLogits gateLogits, Gate gate, ExpertLayer experts) {
    this.gateLogits = gateLogits;
    this.gate = gate;
    this.experts = experts;
  }

  /** Runs the layer on rows [rows, width] that share their options. Blocks like the experts do. */
  public Result forward(
      int layer, Phase phase, float[] hidden, RoutingOptions options, CallScope scope) {
    float[] logits = gateLogits.logits(layer, phase, hidden);
    Routing routing = gate.route(logits, logits.length / gate.experts(), options);
    return new Result(experts.forward(layer, phase, hidden, routing, scope), routing, logits);
  }

  /**
   * The layer's output and how it came about.
   *
   * @param rows combined rows [rows, width]
   * @param logits [rows, experts], effective gate logits
   */
  public record Result(CombinedRows rows, Routing routing, float[] logits) {}
}
