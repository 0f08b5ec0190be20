package io.ennead.router.api;

import io.ennead.errors.ServingException;
import io.ennead.router.generate.ModelInfo;
import io.ennead.router.generate.StoppingOptions;
import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.v1.GenerateRequest;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Reads a request's options. What is absent takes the model's default; what is not allowed is an
 * INVALID_FIELD with the field's path in the request. Checks that hold for any model are those of
 * the records.
 */
final class Options {
  private static final int MAX_LOGPROBS = 20;

  private Options() {}

  static StoppingOptions stopping(
      io.ennead.v1.StoppingOptions options, ModelInfo model, int promptTokens) {
    int room = model.contextLength() - promptTokens;
    long maxTokens = options.hasMaxTokens() ? Integer.toUnsignedLong(options.getMaxTokens()) : room;
    if (maxTokens < 1 || maxTokens > room) {
      throw ServingException.invalidField(
          "stopping.max_tokens",
          maxTokens,
          "1 to %d: the context of %d tokens less %d of the prompt"
              .formatted(room, model.contextLength(), promptTokens));
    }
    return new StoppingOptions(
        (int) maxTokens,
        options.getStopList(),
        options.getIgnoreEos(),
        minTokens(options, maxTokens));
  }

  private static int minTokens(io.ennead.v1.StoppingOptions options, long maxTokens) {
    long minTokens = Integer.toUnsignedLong(options.getMinTokens());
    if (minTokens > maxTokens) {
      throw ServingException.invalidField(
          "stopping.min_tokens", minTokens, "at most the %d of max_tokens".formatted(maxTokens));
    }
    return (int) minTokens;
  }

  /** Layers that a request names: each has experts, and none is named twice. */
  static List<Integer> moeLayers(List<Integer> layers, ModelInfo model, String field) {
    Set<Integer> named = new HashSet<>();
    for (int i = 0; i < layers.size(); i++) {
      int layer = layers.get(i);
      if (!model.moeLayers().contains(layer) || !named.add(layer)) {
        throw ServingException.invalidField(
            "%s[%d]".formatted(field, i),
            Integer.toUnsignedString(layer),
            "one of %s, each once".formatted(model.moeLayers()));
      }
    }
    return layers;
  }

  static OptionalInt logprobs(GenerateRequest request) {
    if (!request.hasLogprobs()) {
      return OptionalInt.empty();
    }
    long alternatives = Integer.toUnsignedLong(request.getLogprobs());
    if (alternatives > MAX_LOGPROBS) {
      throw ServingException.invalidField("logprobs", alternatives, "at most " + MAX_LOGPROBS);
    }
    return OptionalInt.of((int) alternatives);
  }

  static int continuations(GenerateRequest request, int most) {
    long n = request.hasN() ? Integer.toUnsignedLong(request.getN()) : 1;
    if (n < 1 || n > most) {
      throw ServingException.invalidField("n", n, "1 to " + most);
    }
    return (int) n;
  }

  static Phase phase(io.ennead.v1.Phase phase, int number) {
    return switch (phase) {
      case PHASE_UNSPECIFIED, PHASE_PREFILL -> Phase.PREFILL;
      case PHASE_DECODE -> Phase.DECODE;
      case UNRECOGNIZED ->
          throw ServingException.invalidField("phase", number, "PHASE_PREFILL or PHASE_DECODE");
    };
  }
}
