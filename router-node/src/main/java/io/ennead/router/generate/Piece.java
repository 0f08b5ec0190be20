package io.ennead.router.generate;

import io.ennead.router.sample.TokenLogProb;
import java.util.List;

/**
 * A piece of a continuation.
 *
 * @param tokenIds tokens made since the last piece; not to be modified
 * @param text that became certain since the last piece; may be empty, and belong to earlier tokens
 * @param logprobs one entry per token when asked for, else empty
 */
public record Piece(int[] tokenIds, String text, List<TokenLogProb> logprobs) {
  /** Copies the list. */
  public Piece {
    logprobs = List.copyOf(logprobs);
  }
}
