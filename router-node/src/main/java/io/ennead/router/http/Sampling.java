package io.ennead.router.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.ennead.errors.ServingException;
import io.ennead.v1.SamplingOptions;
import io.ennead.v1.TokenIds;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Reads how tokens are drawn: OpenAI's parameters and vLLM's, and {@code sampling} for what they
 * have no name. An option may come by one of its names only.
 */
final class Sampling {
  /** Called alike there and here. */
  private static final List<String> NUMBERS =
      List.of(
          "temperature",
          "top_p",
          "min_p",
          "typical_p",
          "presence_penalty",
          "frequency_penalty",
          "repetition_penalty");

  private static final long MAX_UINT32 = 0xFFFF_FFFFL;
  private static final int MAX_TOKENS = 1 << 20;
  private static final int MAX_BAD_WORDS = 256;
  private static final int MAX_BIASES = 1024;

  private final Parameters parameters;
  private final SamplingOptions.Builder options;
  private final Map<String, String> names;

  private Sampling(
      Parameters parameters, SamplingOptions.Builder options, Map<String, String> names) {
    this.parameters = parameters;
    this.options = options;
    this.names = names;
  }

  static void read(
      Parameters parameters, SamplingOptions.Builder options, Map<String, String> names) {
    new Sampling(parameters, options, names).read();
  }

  private void read() {
    parameters.message("sampling", options);
    NUMBERS.forEach(name -> parameters.number(name).ifPresent(value -> set(name, value)));
    parameters
        .whole("top_k", -1, Integer.MAX_VALUE)
        .ifPresent(k -> set("top_k", (int) Math.max(0, k))); // -1 and 0: all, as in vLLM
    parameters.whole("seed", 0, Long.MAX_VALUE).ifPresent(seed -> set("seed", seed));
    parameters.object("logit_bias").ifPresent(this::biases);
    if (parameters.has("bad_words")) {
      claim("bad_words", "bad_words");
      for (JsonNode word : parameters.list("bad_words", MAX_BAD_WORDS)) {
        options.addBadWords(parameters.text(word, "bad_words"));
      }
    }
    if (parameters.has("allowed_token_ids")) {
      claim("allowed_tokens", "allowed_token_ids");
      names.put("sampling.allowed_tokens.ids", "allowed_token_ids");
      options.setAllowedTokens(ids(parameters, "allowed_token_ids"));
    }
  }

  private void set(String name, Object value) {
    options.setField(claim(name, name), value);
  }

  /** The field, which nobody has set before. */
  private FieldDescriptor claim(String field, String name) {
    FieldDescriptor found = SamplingOptions.getDescriptor().findFieldByName(field);
    boolean there =
        found.isRepeated() ? options.getRepeatedFieldCount(found) > 0 : options.hasField(found);
    if (there) {
      throw ServingException.invalidField(
          name, "given twice", "it or sampling.%s, not both".formatted(field));
    }
    names.put("sampling." + field, name);
    return found;
  }

  private void biases(Parameters biases) {
    claim("logit_bias", "logit_bias");
    int count = 0;
    for (Iterator<String> ids = biases.names(); ids.hasNext(); count++) {
      String id = ids.next();
      if (!id.matches("\\d{1,10}") || Long.parseLong(id) > MAX_UINT32 || count == MAX_BIASES) {
        throw ServingException.invalidField(
            "logit_bias", id, "at most %d token ids".formatted(MAX_BIASES));
      }
      JsonNode bias = biases.required(id);
      options.putLogitBias((int) Long.parseLong(id), biases.number(bias, id));
    }
  }

  /** Token ids of a parameter. */
  static TokenIds ids(Parameters parameters, String name) {
    return ids(parameters, parameters.list(name, MAX_TOKENS), name);
  }

  static TokenIds ids(Parameters parameters, List<JsonNode> values, String name) {
    TokenIds.Builder ids = TokenIds.newBuilder();
    for (JsonNode value : values) {
      ids.addIds((int) parameters.whole(value, name, 0, MAX_UINT32));
    }
    return ids.build();
  }
}
