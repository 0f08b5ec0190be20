package io.ennead.router.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.ennead.v1.GenerateRequest;
import java.util.List;

/** Reads requests to {@code /v1/completions}. */
final class CompletionReader {
  private static final int MAX_PROMPTS = 32;
  private static final int MAX_TOKENS = 1 << 20;
  private static final int MAX_LOGPROBS = 20;

  private CompletionReader() {}

  static Asked read(Parameters parameters) {
    RequestReader reader = new RequestReader(parameters);
    List<GenerateRequest.Builder> prompts = prompts(parameters);
    reader.names().put("text", "prompt");
    reader.names().put("token_ids.ids", "prompt");
    parameters
        .whole("logprobs", 0, MAX_LOGPROBS)
        .ifPresent(most -> reader.request().setLogprobs((int) most));
    return reader.read(false, prompts);
  }

  private static List<GenerateRequest.Builder> prompts(Parameters parameters) {
    JsonNode prompt = parameters.required("prompt");
    if (prompt.isTextual()) {
      return List.of(text(parameters, prompt));
    }
    List<JsonNode> values = parameters.list(prompt, "prompt", MAX_TOKENS);
    if (values.isEmpty()) {
      throw parameters.refusal("prompt", prompt, "a text, texts, token ids, or lists of them");
    }
    if (values.get(0).isNumber()) {
      return List.of(tokens(parameters, values));
    }
    if (values.size() > MAX_PROMPTS) {
      throw parameters.refusal("prompt", prompt, "at most %d prompts".formatted(MAX_PROMPTS));
    }
    return values.stream().map(value -> one(parameters, value)).toList();
  }

  private static GenerateRequest.Builder one(Parameters parameters, JsonNode value) {
    return value.isArray()
        ? tokens(parameters, parameters.list(value, "prompt", MAX_TOKENS))
        : text(parameters, value);
  }

  private static GenerateRequest.Builder text(Parameters parameters, JsonNode value) {
    return GenerateRequest.newBuilder().setText(parameters.text(value, "prompt"));
  }

  private static GenerateRequest.Builder tokens(Parameters parameters, List<JsonNode> values) {
    return GenerateRequest.newBuilder().setTokenIds(Sampling.ids(parameters, values, "prompt"));
  }
}
