package io.ennead.router.generate;

/** Continues prompts, many at a time. Safe for use by several threads. */
public interface Generator {

  /**
   * Accepts a request or refuses it at once; never blocks.
   *
   * @param sink is told every piece and then, exactly once for every continuation, how it ended;
   *     except after {@link Generation#cancel()}, when it may be told nothing more
   * @throws io.ennead.errors.ServingException when it is refused: INVALID_FIELD when so many
   *     continuations never fit the KV cache, QUEUE_FULL, NODE_LOADING, NODE_DRAINING
   */
  Generation submit(GenerationRequest request, TokenSink sink);
}
