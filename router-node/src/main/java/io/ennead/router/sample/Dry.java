package io.ennead.router.sample;

import java.util.List;

/**
 * Don't repeat yourself, by Philipp Emanuel Weidmann (text-generation-webui, pull request 5677): a
 * token that would prolong a repetition of {@code length} tokens loses multiplier * base ^ (length
 * - allowedLength), from {@code length} = allowedLength on. See {@link DryPenalty}.
 *
 * @param multiplier at least 0, finite; 0 for none
 * @param base at least 1, finite
 * @param allowedLength repetitions, the token drawn included, may be this long; 1 to {@value
 *     #MAX_MATCH}
 * @param lastN of the last tokens are looked at; 0 for all
 * @param breakers texts that end a repetition, at most {@value #MAX_BREAKERS}, none empty
 */
public record Dry(
    double multiplier, double base, int allowedLength, int lastN, List<String> breakers) {
  /** Base of requests that give none. */
  public static final double DEFAULT_BASE = 1.75;

  /** Allowed length of requests that give none. */
  public static final int DEFAULT_ALLOWED_LENGTH = 2;

  /** What ends a repetition in requests that do not say. */
  public static final List<String> DEFAULT_BREAKERS = List.of("\n", ":", "\"", "*");

  /** Longest repetition that is told apart from longer ones; it bounds the work and the penalty. */
  static final int MAX_MATCH = 50;

  private static final int MAX_BREAKERS = 16;

  /** Refuses values out of range. */
  public Dry {
    breakers = List.copyOf(breakers);
    Fields.requireFinite(multiplier, "dry.multiplier");
    Fields.require(multiplier >= 0, "dry.multiplier", multiplier, "at least 0");
    Fields.requireFinite(base, "dry.base");
    Fields.require(base >= 1, "dry.base", base, "at least 1");
    Fields.require(
        allowedLength >= 1 && allowedLength <= MAX_MATCH,
        "dry.allowed_length",
        allowedLength,
        "1 to " + MAX_MATCH);
    Fields.require(lastN >= 0, "dry.last_n", lastN, "at least 0");
    requireBreakers(breakers);
  }

  private static void requireBreakers(List<String> breakers) {
    Fields.require(
        breakers.size() <= MAX_BREAKERS,
        "dry.breakers.texts",
        breakers.size() + " texts",
        "at most " + MAX_BREAKERS);
    int empty = breakers.indexOf("");
    Fields.require(
        empty < 0, "dry.breakers.texts[%d]".formatted(empty), "\"\"", "a text that is not empty");
  }

  double penalty(int length) {
    return multiplier * StrictMath.pow(base, length - allowedLength);
  }
}
