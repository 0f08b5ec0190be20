package io.ennead.router.generate;

import io.ennead.router.trace.LayerSummary;
import io.ennead.router.trace.RoutingTrace;
import java.util.List;

/**
 * How the tokens of a scored text were routed.
 *
 * @param pieces of the full trace, in order; empty when only the sums were asked for
 * @param routing sums, one per layer
 */
public record ScoreTrace(List<RoutingTrace> pieces, List<LayerSummary> routing) {
  /** Copies the lists. */
  public ScoreTrace {
    pieces = List.copyOf(pieces);
    routing = List.copyOf(routing);
  }
}
