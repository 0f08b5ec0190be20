package io.ennead.router.dispatch;

import io.ennead.node.Tracing;
import io.ennead.router.moe.CallScope;
import io.ennead.router.moe.CombinedRows;
import io.ennead.router.moe.ExpertLayer;
import io.ennead.router.moe.ExpertRows;
import io.ennead.router.moe.Routing;
import io.ennead.router.moe.RoutingObserver;
import io.ennead.router.peer.ExpertPeer;
import io.ennead.router.placement.Placement;
import io.ennead.wire.Rows;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * {@link ExpertLayer} over expert nodes. Rows are grouped by node from the current placement, one
 * call per node is sent before any reply is awaited, and outputs are combined on the caller's
 * thread in ascending expert id; so the bits do not depend on which node holds what.
 *
 * <p>A node that fails, outlives the layer's budget or answers with what is not finite is replaced
 * by another that holds the expert, as long as there is one; one that is only slow is hedged. What
 * still fails is told per row; the other rows are right.
 */
public final class RemoteExpertLayer implements ExpertLayer {
  private final int width;
  private final DispatchMetrics metrics;
  private final ExpertRowCounts counts;
  private final Tracing tracing;
  private final Nodes nodes;

  /**
   * How long a node may take for its part of a layer.
   *
   * @param usual longest time of calls that are usually fast
   * @param longest longest time of all, and of calls of which nothing is known yet
   */
  public record Patience(Duration usual, Duration longest) {
    private static final Duration SHORTEST = Duration.ofMillis(50);

    LayerBudget.Limits limits() {
      return new LayerBudget.Limits(SHORTEST, usual, longest);
    }
  }

  /**
   * Dispatches to the nodes of a placement.
   *
   * @param placement the latest snapshot, whenever asked
   * @param width hidden size
   * @param counts counts what is dispatched
   */
  public RemoteExpertLayer(
      Supplier<Placement> placement,
      int width,
      Patience patience,
      DispatchMetrics metrics,
      ExpertRowCounts counts) {
    this(placement, width, patience, metrics, counts, NodeEvents.NOBODY, Tracing.OFF);
  }

  /**
   * The same, traced.
   *
   * @param events is told of what goes wrong with nodes
   */
  public RemoteExpertLayer(
      Supplier<Placement> placement,
      int width,
      Patience patience,
      DispatchMetrics metrics,
      ExpertRowCounts counts,
      NodeEvents events,
      Tracing tracing) {
    this.width = width;
    this.metrics = metrics;
    this.counts = counts;
    this.tracing = tracing;
    this.nodes = new Nodes(placement, new LayerBudget(patience.limits()), metrics, events);
  }

  /** What a node has to do for this router now. */
  public NodeLoad load(ExpertPeer node) {
    return nodes.load(node);
  }

  @Override
  public CombinedRows forward(
      int layer,
      Phase phase,
      float[] hidden,
      Routing routing,
      CallScope scope,
      RoutingObserver observer) {
    return forward(layer, phase, hidden, routing, scope, observer, () -> {});
  }

  @Override
  public CombinedRows forward(
      int layer,
      Phase phase,
      float[] hidden,
      Routing routing,
      CallScope scope,
      RoutingObserver observer,
      Runnable meanwhile) {
    if (hidden.length != routing.rows() * width) {
      throw new IllegalArgumentException(
          "hidden: %d values (expected: %d rows x %d)"
              .formatted(hidden.length, routing.rows(), width));
    }
    List<ExpertRows> experts = ExpertRows.of(routing);
    if (!tracing.recording()) {
      return run(layer, phase, hidden, routing, experts, scope, observer, meanwhile);
    }
    Span span =
        tracing
            .tracer()
            .spanBuilder("layer " + layer)
            .setAttribute("ennead.layer", layer)
            .setAttribute("ennead.experts", experts.size())
            .startSpan();
    try (Scope unused = span.makeCurrent()) {
      return run(layer, phase, hidden, routing, experts, scope, observer, meanwhile);
    } finally {
      span.end();
    }
  }

  private CombinedRows run(
      int layer,
      Phase phase,
      float[] hidden,
      Routing routing,
      List<ExpertRows> experts,
      CallScope scope,
      RoutingObserver observer,
      Runnable meanwhile) {
    metrics.dispatched(layer, experts);
    counts.count(layer, experts);
    long start = System.nanoTime();
    Gathered gathered = new Gathered(layer, routing, width);
    var call = new LayerCall(nodes, layer, phase, Rows.of(hidden, width), scope, gathered);
    call.run(experts, meanwhile);
    CombinedRows combined = gathered.combine(observer);
    metrics.layerDone(layer, phase, System.nanoTime() - start, call.barrierWait());
    return combined;
  }
}
