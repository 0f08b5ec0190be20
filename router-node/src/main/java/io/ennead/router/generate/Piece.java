package io.ennead.router.generate;

import io.ennead.router.sample.TokenLogProb;
import io.ennead.router.trace.RoutingTrace;
import java.util.List;
import java.util.Optional;

/**
 * A piece of a continuation.
 *
 * @param index which continuation, from 0
 * @param tokenIds tokens made since the last piece; not to be modified
 * @param text that became certain since the last piece; may be empty, and belong to earlier tokens
 * @param logprobs one entry per token when asked for, else empty
 * @param trace how tokens before these were routed, when asked for
 * @param draw how the piece's one token was drawn, when a trace was asked for
 */
public record Piece(
    int index,
    int[] tokenIds,
    String text,
    List<TokenLogProb> logprobs,
    Optional<RoutingTrace> trace,
    Optional<DrawTrace> draw) {
  /** Copies the list. */
  public Piece {
    logprobs = List.copyOf(logprobs);
  }

  /** A piece that only tells how tokens were routed. */
  static Piece of(int index, RoutingTrace trace) {
    return new Piece(index, new int[0], "", List.of(), Optional.of(trace), Optional.empty());
  }
}
