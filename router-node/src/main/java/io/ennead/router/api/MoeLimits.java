package io.ennead.router.api;

/**
 * Bounds of {@link LayerCalls}.
 *
 * @param maxTokens tokens of one call
 * @param maxTokensInFlight tokens of all calls that run or wait: what bounds their memory
 * @param threads calls that run at once
 * @param queue calls that may wait
 */
public record MoeLimits(int maxTokens, int maxTokensInFlight, int threads, int queue) {
  /** What a node uses unless it is configured otherwise. */
  public static final MoeLimits DEFAULT = new MoeLimits(8192, 32_768, 16, 64);

  /** Refuses bounds below one, and a call that could never run. */
  public MoeLimits {
    if (maxTokens < 1 || maxTokensInFlight < maxTokens || threads < 1 || queue < 1) {
      throw new IllegalArgumentException(
          "max tokens: %d, in flight: %d, threads: %d, queue: %d "
                  .formatted(maxTokens, maxTokensInFlight, threads, queue)
              + "(expected: at least 1 each, as many in flight as in a call)");
    }
  }
}
