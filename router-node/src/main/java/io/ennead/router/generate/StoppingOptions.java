package io.ennead.router.generate;

import io.ennead.errors.ServingException;
import java.util.List;

/**
 * When a sequence ends.
 *
 * @param maxTokens tokens to generate at most, at least 1
 * @param stop strings that end the text, at most {@value #MAX_STOPS}, none empty
 * @param ignoreEos go on after the end-of-sequence token
 * @param minTokens end-of-sequence tokens are not drawn, and stop strings not looked for, in so
 *     many tokens from the first; at most {@code maxTokens}
 */
public record StoppingOptions(int maxTokens, List<String> stop, boolean ignoreEos, int minTokens) {
  private static final int MAX_STOPS = 16;

  /** Refuses values that are not allowed, naming the field of the request. */
  public StoppingOptions {
    stop = List.copyOf(stop);
    if (maxTokens < 1) {
      throw ServingException.invalidField("stopping.max_tokens", maxTokens, "at least 1");
    }
    if (stop.size() > MAX_STOPS) {
      throw ServingException.invalidField(
          "stopping.stop", stop.size() + " strings", "at most " + MAX_STOPS);
    }
    int empty = stop.indexOf("");
    if (empty >= 0) {
      throw ServingException.invalidField(
          "stopping.stop[%d]".formatted(empty), "\"\"", "a string that is not empty");
    }
    if (minTokens < 0 || minTokens > maxTokens) {
      throw ServingException.invalidField(
          "stopping.min_tokens", minTokens, "0 to max_tokens, which is " + maxTokens);
    }
  }

  /** Options that may end a sequence at its first token. */
  public StoppingOptions(int maxTokens, List<String> stop, boolean ignoreEos) {
    this(maxTokens, stop, ignoreEos, 0);
  }
}
