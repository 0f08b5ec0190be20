package io.ennead.router.model;

import io.ennead.router.moe.RoutingOptions;

/**
 * Consecutive tokens of one sequence in a {@link Step}.
 *
 * @param ids token ids, at least one
 * @param start position of the first of them; everything before it is in the KV cache
 * @param blocks the sequence's KV blocks, enough for {@code start + ids.length} positions
 * @param routing how these tokens are routed
 * @param logits which positions' logits are wanted
 */
public record Span(int[] ids, int start, int[] blocks, RoutingOptions routing, Logits logits) {

  /** Positions of the sequence once this span is done. */
  public int length() {
    return start + ids.length;
  }

  /** Which positions of a span get logits. */
  public enum Logits {
    /** None: the prompt goes on. */
    NONE,
    /** The last one: the next token is drawn from it. */
    LAST,
    /** All: the text is scored. */
    ALL
  }
}
