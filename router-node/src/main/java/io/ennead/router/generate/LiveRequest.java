package io.ennead.router.generate;

import java.time.Duration;

/**
 * What one sequence of a request is at between two steps.
 *
 * @param id of the response; empty when the request has none
 * @param promptTokens length of the prompt
 * @param computedTokens how much of the prompt is computed
 * @param generatedTokens behind the prompt
 * @param maxTokens how many these can become
 * @param age since it came
 * @param prompt as many of the prompt's first tokens as were asked for
 */
public record LiveRequest(
    String id,
    Phase phase,
    int promptTokens,
    int computedTokens,
    int generatedTokens,
    int maxTokens,
    Duration age,
    int[] prompt) {

  /** What happens to it. */
  public enum Phase {
    /** It has no place in the batch yet. */
    WAITING,
    /** Its prompt is computed. */
    PREFILL,
    /** It is continued. */
    DECODE,
    /** It has its place and waits for experts that cannot be reached. */
    SET_ASIDE
  }
}
