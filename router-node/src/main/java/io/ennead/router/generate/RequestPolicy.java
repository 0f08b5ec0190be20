package io.ennead.router.generate;

import io.ennead.router.moe.RoutingRule;
import io.ennead.router.trace.TraceLevel;

/**
 * What a router makes of requests for a model, beyond what the model itself says.
 *
 * @param routing what absent routing options mean
 * @param failures what happens when experts cannot be reached
 * @param bounds the largest values that requests may ask for
 */
public record RequestPolicy(RoutingRule routing, FailureRules failures, Bounds bounds) {

  /** Requests fail at once when experts cannot be reached. */
  public RequestPolicy(RoutingRule routing, Bounds bounds) {
    this(routing, FailureRules.STRICT, bounds);
  }

  /**
   * The largest values that requests may ask for.
   *
   * @param expertsPerToken k of the gate
   * @param continuations of one prompt
   * @param traceLevel how much of the routing
   * @param traceBytes of the trace of one response; beyond them it is truncated
   * @param scoreTokens of a text that is scored in windows
   */
  public record Bounds(
      int expertsPerToken,
      int continuations,
      TraceLevel traceLevel,
      long traceBytes,
      int scoreTokens) {}
}
