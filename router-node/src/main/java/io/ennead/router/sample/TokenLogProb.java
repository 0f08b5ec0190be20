package io.ennead.router.sample;

import java.util.List;
import java.util.OptionalDouble;

/**
 * A token and how likely it was.
 *
 * @param logProb natural logarithm of its probability under the model, before any sampling option
 * @param top the most likely tokens at this place, most likely first, when asked for
 * @param sampledLogProb the same after all sampling options; empty when they removed the token, or
 *     nothing was drawn
 * @param sampledTop the most likely tokens after all sampling options, when asked for
 */
public record TokenLogProb(
    int id,
    double logProb,
    List<TokenLogProb> top,
    OptionalDouble sampledLogProb,
    List<TokenLogProb> sampledTop) {
  /** Copies the lists. */
  public TokenLogProb {
    top = List.copyOf(top);
    sampledTop = List.copyOf(sampledTop);
  }

  /** A token of a text that nobody drew. */
  public TokenLogProb(int id, double logProb, List<TokenLogProb> top) {
    this(id, logProb, top, OptionalDouble.empty(), List.of());
  }

  /** A token alone. */
  static TokenLogProb of(int id, double logProb) {
    return new TokenLogProb(id, logProb, List.of());
  }
}
