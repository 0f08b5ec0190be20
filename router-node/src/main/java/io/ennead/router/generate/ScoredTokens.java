package io.ennead.router.generate;

import io.ennead.router.sample.Likelihood;
import java.util.List;

/**
 * The outcome of a {@link ScoreJob}.
 *
 * @param tokens one entry per scored token when the job asked for detail, else none
 * @param runs one entry per run: its likelihood at each of its inverse temperatures, in their order
 */
public record ScoredTokens(List<ScoredToken> tokens, List<List<Likelihood>> runs) {
  /** Copies the lists. */
  public ScoredTokens {
    tokens = List.copyOf(tokens);
    runs = List.copyOf(runs);
  }
}
