package io.ennead.router.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.v1.TokenLogprob;
import java.util.List;

/** Choices of {@code /v1/completions}. */
final class CompletionFormat implements ChoiceFormat {
  private final TokenNames names;

  CompletionFormat(TokenNames names) {
    this.names = names;
  }

  @Override
  public String idPrefix() {
    return "cmpl-";
  }

  @Override
  public String object(boolean chunk) {
    return "text_completion";
  }

  @Override
  public boolean opening(ObjectNode choice) {
    return false;
  }

  @Override
  public void part(ObjectNode choice, String text) {
    choice.put("text", text);
  }

  @Override
  public void closing(ObjectNode choice) {
    choice.put("text", "");
  }

  @Override
  public void whole(ObjectNode choice, String text) {
    choice.put("text", text);
  }

  @Override
  public JsonNode logprobs(List<TokenLogprob> tokens, int offset) {
    ObjectNode logprobs = Json.object();
    ArrayNode texts = logprobs.putArray("tokens");
    ArrayNode values = logprobs.putArray("token_logprobs");
    ArrayNode tops = logprobs.putArray("top_logprobs");
    ArrayNode offsets = logprobs.putArray("text_offset");
    int at = offset;
    for (TokenLogprob token : tokens) {
      texts.add(names.of(token.getId()));
      values.add(token.getLogprob());
      tops.add(top(token));
      offsets.add(at);
      at += length(token);
    }
    return logprobs;
  }

  /** By text: of tokens that read alike the likeliest is told. */
  private ObjectNode top(TokenLogprob token) {
    ObjectNode top = Json.object();
    for (TokenLogprob alternative : token.getTopList()) {
      top.putIfAbsent(names.of(alternative.getId()), top.numberNode(alternative.getLogprob()));
    }
    return top;
  }

  @Override
  public int length(TokenLogprob token) {
    return names.of(token.getId()).length();
  }
}
