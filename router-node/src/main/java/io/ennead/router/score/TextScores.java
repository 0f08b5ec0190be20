package io.ennead.router.score;

import io.ennead.router.sample.Likelihood;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A text as a whole.
 *
 * @param tokens how many counted
 * @param logProb sum of their log-probabilities
 * @param entropy sum of the entropies at their places
 * @param temperatures one entry per temperature asked for, in their order
 * @param fit when it was asked for
 * @param windowFits one entry per run of tokens when they were asked for
 */
public record TextScores(
    int tokens,
    double logProb,
    double entropy,
    List<Likelihood> temperatures,
    Optional<TemperatureFit> fit,
    List<TemperatureFit> windowFits) {
  /** Copies the lists. */
  public TextScores {
    temperatures = List.copyOf(temperatures);
    windowFits = List.copyOf(windowFits);
  }

  /** exp(-mean log-probability); empty when nothing counted. */
  public OptionalDouble perplexity() {
    return tokens == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(StrictMath.exp(-logProb / tokens));
  }

  /** Mean entropy in nats; empty when nothing counted. */
  public OptionalDouble meanEntropy() {
    return tokens == 0 ? OptionalDouble.empty() : OptionalDouble.of(entropy / tokens);
  }
}
