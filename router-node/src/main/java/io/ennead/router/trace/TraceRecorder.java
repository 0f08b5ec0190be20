package io.ennead.router.trace;

import io.ennead.router.moe.Gate;
import io.ennead.router.moe.RoutingOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Records how one sequence is routed: a {@link SpanTrace} per step, whose sums are added up here
 * when the step is done, and whose tokens are handed out in pieces. Used by one thread.
 */
public final class TraceRecorder {
  /** Messages stay well below the 4 MiB that clients accept unless told otherwise. */
  private static final long MAX_PIECE_BYTES = 1 << 20;

  private final TraceOptions options;
  private final Gate gate;
  private final RoutingOptions routing;
  private final int promptLength;
  private final long bytesPerToken;
  private final Map<Integer, LayerSums> sums = new LinkedHashMap<>();
  private long bytes;
  private boolean truncated;

  /** A recorder of a sequence whose prompt is so long. */
  public TraceRecorder(TraceOptions options, Gate gate, RoutingOptions routing, int promptLength) {
    this.options = options;
    this.gate = gate;
    this.routing = routing;
    this.promptLength = promptLength;
    this.bytesPerToken = options.layers().stream().mapToLong(this::bytesPerToken).sum();
    options.layers().forEach(layer -> sums.put(layer, new LayerSums(layer, experts())));
  }

  /** Ids that the sequence's tokens may be sent to. */
  private int experts() {
    return routing.packs().width(gate.experts());
  }

  private long bytesPerToken(int layer) {
    int k = routing.at(layer).expertsPerToken(gate.expertsPerToken());
    return LayerTrace.bytesPerToken(experts(), k);
  }

  /** Begins to record the tokens of a step. */
  public SpanTrace begin(int firstPosition, int tokens) {
    boolean full = options.level() == TraceLevel.FULL && !truncated;
    boolean left = options.omitPrompt() && firstPosition < promptLength;
    return new SpanTrace(gate, routing, options, firstPosition, tokens, full && !left);
  }

  /** Counts what a step recorded; for a prompt that another sequence computed. */
  public void count(SpanTrace span) {
    span.sums().forEach(own -> sums(own.layer()).add(own));
  }

  /** Takes what a step recorded, now that it succeeded; gives the pieces to hand out. */
  public List<RoutingTrace> commit(SpanTrace span) {
    return take(span).map(this::pieces).orElse(List.of());
  }

  /** The same in one piece. */
  public Optional<RoutingTrace> take(SpanTrace span) {
    count(span);
    if (!span.full() || truncated) {
      return Optional.empty();
    }
    long room = (options.maxBytes() - bytes) / bytesPerToken;
    truncated = room < span.tokens();
    int tokens = (int) Math.min(span.tokens(), room);
    bytes += tokens * bytesPerToken;
    return Optional.of(slice(span.trace(), 0, tokens, truncated));
  }

  private LayerSums sums(int layer) {
    return sums.computeIfAbsent(layer, none -> new LayerSums(layer, experts()));
  }

  private List<RoutingTrace> pieces(RoutingTrace trace) {
    int step = (int) Math.max(1, MAX_PIECE_BYTES / bytesPerToken);
    List<RoutingTrace> pieces = new ArrayList<>();
    int from = 0;
    do {
      int to = Math.min(trace.tokens(), from + step);
      pieces.add(slice(trace, from, to, trace.truncated() && to == trace.tokens()));
      from = to;
    } while (from < trace.tokens());
    return pieces;
  }

  private static RoutingTrace slice(RoutingTrace trace, int from, int to, boolean truncated) {
    if (to - from == trace.tokens()) {
      return new RoutingTrace(
          trace.firstPosition(), trace.tokens(), trace.layers(), trace.nodes(), truncated);
    }
    return new RoutingTrace(
        trace.firstPosition() + from,
        to - from,
        trace.layers().stream().map(layer -> layer.slice(from, to)).toList(),
        trace.nodes(),
        truncated);
  }

  /** The sums of everything recorded so far, one per layer. */
  public List<LayerSummary> summary() {
    return sums.values().stream().map(LayerSums::summary).toList();
  }
}
