package io.ennead.router.generate;

import io.ennead.router.sample.Likelihood;
import io.ennead.router.sample.SoftLabel;
import java.util.List;
import java.util.Optional;

/**
 * The outcome of a {@link ScoreJob}.
 *
 * @param tokens one entry per scored token when the job asked for detail, else none
 * @param labels one entry per scored token when the job asked for them, else none
 * @param runs one entry per run: its likelihood at each of its inverse temperatures, in their order
 * @param trace when the job asked for it
 */
public record ScoredTokens(
    List<ScoredToken> tokens,
    List<SoftLabel> labels,
    List<List<Likelihood>> runs,
    Optional<ScoreTrace> trace) {
  /** Copies the lists. */
  public ScoredTokens {
    tokens = List.copyOf(tokens);
    labels = List.copyOf(labels);
    runs = List.copyOf(runs);
  }
}
