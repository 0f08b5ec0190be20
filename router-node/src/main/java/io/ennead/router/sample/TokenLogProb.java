package io.ennead.router.sample;

import java.util.List;

/**
 * A token and how likely it was under the model, before any sampling option.
 *
 * @param logProb natural logarithm of its probability
 * @param top the most likely tokens at this place, most likely first, when asked for
 */
public record TokenLogProb(int id, double logProb, List<TokenLogProb> top) {
  /** Copies the list. */
  public TokenLogProb {
    top = List.copyOf(top);
  }

  /** A token alone. */
  static TokenLogProb of(int id, double logProb) {
    return new TokenLogProb(id, logProb, List.of());
  }
}
