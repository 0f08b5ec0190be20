package io.ennead.router.sample;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/**
 * A token that was drawn, and what it was drawn from. A view of the sampler's working space: valid
 * until the sampler draws again.
 */
public final class Draw {
  private final int token;
  private final Candidates candidates;

  Draw(int token, Candidates candidates) {
    this.token = token;
    this.candidates = candidates;
  }

  /** The token. */
  public int token() {
    return token;
  }

  /** The temperature used: what the schedule gave, if there is one. */
  public double temperature() {
    return candidates.temperature();
  }

  /** How many tokens the samplers left to draw from. */
  public int candidates() {
    return candidates.size();
  }

  /** Their entropy in nats. */
  public double entropy() {
    return candidates.entropy();
  }

  /** Natural logarithm of a token's probability among them; empty when it was removed. */
  public OptionalDouble logProb(int id) {
    return candidates.logProb(id);
  }

  /** The token with the most likely ones, before and after the samplers. */
  public TokenLogProb logProb(LogProbs model, int alternatives) {
    List<TokenLogProb> before =
        model.top(alternatives).stream().map(top -> both(model, top.id())).toList();
    List<TokenLogProb> after =
        Arrays.stream(candidates.top(alternatives)).mapToObj(id -> both(model, id)).toList();
    return new TokenLogProb(token, model.of(token), before, logProb(token), after);
  }

  private TokenLogProb both(LogProbs model, int id) {
    return new TokenLogProb(id, model.of(id), List.of(), logProb(id), List.of());
  }
}
