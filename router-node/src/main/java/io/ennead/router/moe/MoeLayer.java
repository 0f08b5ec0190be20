package io.ennead.router.moe;

import io.ennead.router.moe.ExpertLayer.Phase;
import java.util.ArrayList;
import java.util.List;
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
  private final ActivePacks packs;

  /** A layer of a model to which no pack is added. */
  public MoeLayer(GateLogits gateLogits, Gate gate, ExpertLayer experts, SharedExpert shared) {
    this(gateLogits, gate, experts, shared, new ActivePacks());
  }

  /** Puts a layer together; the parts stay the caller's. */
  public MoeLayer(
      GateLogits gateLogits,
      Gate gate,
      ExpertLayer experts,
      SharedExpert shared,
      ActivePacks packs) {
    this.packs = packs;
    this.gateLogits = gateLogits;
    this.gate = gate;
    this.experts = experts;
    this.shared = shared;
  }

  /** The gate. */
  public Gate gate() {
    return gate;
  }

  /** The packs that new requests get to know. */
  public ActivePacks packs() {
    return packs;
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
    float[] own = gateLogits.logits(layer, phase, hidden);
    RoutedRows routed = RoutedRows.of(own.length / gate.experts(), options);
    float[] logits = routed.logits(layer, own, hidden);
    Routing routing = gate.route(layer, logits, routed);
    observer.routed(layer, hidden, logits, routing);
    List<float[]> share = new ArrayList<>(1);
    Runnable sharing = () -> share.add(shared.output(layer, phase, hidden));
    CombinedRows outputs = experts.forward(layer, phase, hidden, routing, scope, observer, sharing);
    Survivors.Result survivors = Survivors.of(outputs, routing, routed);
    share.forEach(output -> add(survivors.rows(), output));
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
   * @param logits [rows, ids], effective gate logits
   * @param degraded rows that were computed without some of their experts, and which
   */
  public record Result(
      CombinedRows rows, Routing routing, float[] logits, Map<Integer, Set<Integer>> degraded) {}
}
