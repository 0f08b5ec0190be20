package io.ennead.router.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.v1.TokenLogprob;
import java.util.List;

/** Choices of {@code /v1/chat/completions}. */
final class ChatFormat implements ChoiceFormat {
  private static final String CONTENT = "content";
  private static final String REFUSAL = "refusal";

  private final TokenNames names;

  ChatFormat(TokenNames names) {
    this.names = names;
  }

  @Override
  public String idPrefix() {
    return "chatcmpl-";
  }

  @Override
  public String object(boolean chunk) {
    return chunk ? "chat.completion.chunk" : "chat.completion";
  }

  @Override
  public boolean opening(ObjectNode choice) {
    choice.putObject("delta").put("role", "assistant").put(CONTENT, "");
    return true;
  }

  @Override
  public void part(ObjectNode choice, String text) {
    choice.putObject("delta").put(CONTENT, text);
  }

  @Override
  public void closing(ObjectNode choice) {
    choice.putObject("delta");
  }

  @Override
  public void whole(ObjectNode choice, String text) {
    choice.putObject("message").put("role", "assistant").put(CONTENT, text).putNull(REFUSAL);
  }

  @Override
  public JsonNode logprobs(List<TokenLogprob> tokens, int offset) {
    ObjectNode logprobs = Json.object();
    ArrayNode content = logprobs.putArray(CONTENT);
    for (TokenLogprob token : tokens) {
      ArrayNode top = write(content.addObject(), token).putArray("top_logprobs");
      token.getTopList().forEach(alternative -> write(top.addObject(), alternative));
    }
    logprobs.putNull(REFUSAL);
    return logprobs;
  }

  private ObjectNode write(ObjectNode entry, TokenLogprob token) {
    entry.put("token", names.of(token.getId())).put("logprob", token.getLogprob());
    ArrayNode bytes = entry.putArray("bytes");
    for (byte value : names.bytes(token.getId())) {
      bytes.add(value & 0xFF);
    }
    return entry;
  }

  @Override
  public int length(TokenLogprob token) {
    return 0; // offsets are not told
  }
}
