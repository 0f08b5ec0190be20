package io.ennead.router.trace;

import io.ennead.router.moe.Gate;
import io.ennead.router.moe.GateDistribution;
import io.ennead.router.moe.Routing;
import io.ennead.router.moe.RoutingObserver.Origin;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.moe.RoutingRule;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The routing of consecutive tokens while a step computes them: sums per layer and, when all is
 * wanted, everything per token. Belongs to one step; what a failed step recorded is dropped with
 * it. Used by one thread.
 */
public final class SpanTrace {
  private final Gate gate;
  private final RoutingOptions routing;
  private final TraceOptions options;
  private final int firstPosition;
  private final int tokens;
  private final boolean full;
  private final List<LayerSums> sums = new ArrayList<>();
  private final List<LayerTrace> layers = new ArrayList<>();
  private final List<String> nodes = new ArrayList<>();
  private @Nullable LayerTrace current;

  SpanTrace(
      Gate gate,
      RoutingOptions routing,
      TraceOptions options,
      int firstPosition,
      int tokens,
      boolean full) {
    this.gate = gate;
    this.routing = routing;
    this.options = options;
    this.firstPosition = firstPosition;
    this.tokens = tokens;
    this.full = full;
  }

  /** Whether the contributions of single experts are wanted. */
  boolean full() {
    return full;
  }

  int tokens() {
    return tokens;
  }

  /**
   * What the gate decided at a layer.
   *
   * @param logits [rows of the step, ids]
   * @param chosen of all rows of the step
   * @param firstRow where this span's rows begin
   */
  void routed(int layer, float[] logits, Routing chosen, int firstRow) {
    current = null;
    if (!options.layers().contains(layer)) {
      return;
    }
    RoutingRule rule = routing.at(layer);
    int k = rule.expertsPerToken(gate.expertsPerToken());
    int ids = routing.packs().width(gate.experts());
    int stepIds = logits.length / chosen.rows(); // others in the step may know more experts
    LayerSums own = new LayerSums(layer, ids);
    LayerTrace trace = full ? LayerTrace.of(layer, tokens, ids, k) : null;
    GateDistribution distribution = gate.distribution(routing, layer);
    for (int token = 0; token < tokens; token++) {
      int row = firstRow + token;
      distribution.load(logits, row * stepIds);
      own.token(
          distribution.entropy(),
          chosen.experts(),
          chosen.weights(),
          row * chosen.expertsPerRow(),
          k);
      if (trace != null) {
        System.arraycopy(logits, row * stepIds, trace.logits(), token * ids, ids);
        fill(trace, token, distribution, chosen, row);
      }
    }
    sums.add(own);
    if (trace != null) {
      layers.add(trace);
    }
    current = trace;
  }

  private void fill(
      LayerTrace trace, int token, GateDistribution distribution, Routing chosen, int row) {
    int experts = routing.packs().width(gate.experts());
    int k = trace.expertsPerToken();
    for (int expert = 0; expert < experts; expert++) {
      trace.probabilities()[token * experts + expert] = (float) distribution.probability(expert);
    }
    trace.entropies()[token] = (float) distribution.entropy();
    int from = row * chosen.expertsPerRow();
    System.arraycopy(chosen.experts(), from, trace.experts(), token * k, k);
    System.arraycopy(chosen.weights(), from, trace.weights(), token * k, k);
  }

  /** What an expert contributed to a token at the layer routed last. */
  void contribution(int token, int expert, double norm, Origin origin) {
    if (current == null) {
      return;
    }
    int k = current.expertsPerToken();
    for (int place = token * k; place < (token + 1) * k; place++) {
      if (current.experts()[place] == expert) {
        current.shares()[place] = (float) norm;
        current.node()[place] = 1 + node(origin.node());
        current.retried()[place] = origin.retried();
      }
    }
  }

  private int node(String name) {
    int index = nodes.indexOf(name);
    if (index < 0) {
      nodes.add(name);
      return nodes.size() - 1;
    }
    return index;
  }

  List<LayerSums> sums() {
    return sums;
  }

  /** Everything per token, norms turned into shares. */
  RoutingTrace trace() {
    layers.forEach(SpanTrace::normalise);
    return new RoutingTrace(firstPosition, tokens, layers, nodes, false);
  }

  private static void normalise(LayerTrace layer) {
    int k = layer.expertsPerToken();
    float[] shares = layer.shares();
    for (int token = 0; token < shares.length; token += k) {
      double sum = 0;
      for (int place = token; place < token + k; place++) {
        sum += shares[place];
      }
      for (int place = token; sum > 0 && place < token + k; place++) {
        shares[place] = (float) (shares[place] / sum);
      }
    }
  }
}
