package io.ennead.router.sample;

import io.ennead.errors.ServingException;
import java.util.OptionalLong;

/**
 * How the next token is drawn; see {@link Sampler} for the order and the formulas.
 *
 * @param temperature T, 0 to +infinity; 0 is greedy
 * @param topK tokens to keep, 0 for all
 * @param topP probability to keep, in (0, 1]; 1 for all
 * @param minP least probability relative to the most likely token's, in [0, 1]; 0 for all
 * @param seed of the request's random stream; empty: the server draws one
 */
public record SamplingOptions(
    double temperature, int topK, double topP, double minP, OptionalLong seed) {
  /** The model's own distribution. */
  public static final SamplingOptions DEFAULT =
      new SamplingOptions(1, 0, 1, 0, OptionalLong.empty());

  /** Greedy: the most likely token. */
  public static final SamplingOptions GREEDY =
      new SamplingOptions(0, 0, 1, 0, OptionalLong.empty());

  /** Refuses values that have no meaning, naming the field of the request. */
  public SamplingOptions {
    require(temperature >= 0, "temperature", temperature, "0 to infinity");
    require(topK >= 0, "top_k", topK, "at least 0");
    require(topP > 0 && topP <= 1, "top_p", topP, "more than 0, at most 1");
    require(minP >= 0 && minP <= 1, "min_p", minP, "0 to 1");
  }

  private static void require(boolean allowed, String field, Object value, String expected) {
    if (!allowed) {
      throw ServingException.invalidField("sampling." + field, value, expected);
    }
  }
}
