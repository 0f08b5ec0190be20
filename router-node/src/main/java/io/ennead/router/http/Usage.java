package io.ennead.router.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.v1.Finish;

/** Tokens of a response. Used under its reply's lock. */
final class Usage {
  private long prompt;
  private long cached;
  private long generated;

  /** A choice has ended; those of one prompt share it, and the first counts it. */
  void add(Finish finish, boolean firstOfPrompt) {
    generated += finish.getGeneratedTokens();
    if (firstOfPrompt) {
      prompt += finish.getPromptTokens();
      cached += finish.getCachedPromptTokens();
    }
  }

  ObjectNode json() {
    ObjectNode usage = Json.object();
    usage
        .put("prompt_tokens", prompt)
        .put("completion_tokens", generated)
        .put("total_tokens", prompt + generated);
    usage.putObject("prompt_tokens_details").put("cached_tokens", cached);
    return usage;
  }
}
