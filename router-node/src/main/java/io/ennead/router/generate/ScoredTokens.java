package io.ennead.router.generate;

import java.util.Arrays;
import java.util.OptionalDouble;

/**
 * Scores of every token but the first, for which nothing is known.
 *
 * @param logProbs [tokens]: entry i is ln p(token i | tokens before it); entry 0 has no meaning
 * @param ranks [tokens]: how many tokens were more likely; entry 0 has no meaning
 */
public record ScoredTokens(double[] logProbs, int[] ranks) {
  /** Checks the lengths. */
  public ScoredTokens {
    if (logProbs.length != ranks.length || logProbs.length == 0) {
      throw new IllegalArgumentException(
          "scores: %d log-probabilities and %d ranks (expected: one of each per token)"
              .formatted(logProbs.length, ranks.length));
    }
  }

  /** exp(-mean log-probability); empty when there is one token only. */
  public OptionalDouble perplexity() {
    OptionalDouble mean = Arrays.stream(logProbs).skip(1).average();
    return mean.isEmpty() ? mean : OptionalDouble.of(StrictMath.exp(-mean.getAsDouble()));
  }
}
