package io.ennead.router.api;

import io.ennead.errors.ServingException;
import io.ennead.router.generate.ModelInfo;
import io.ennead.router.generate.StoppingOptions;
import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.RoutingMode;
import java.util.OptionalInt;

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

  static RoutingOptions routing(io.ennead.v1.RoutingOptions options, ModelInfo model) {
    if (options.getMode() == RoutingMode.UNRECOGNIZED) {
      throw ServingException.invalidField(
          "routing.mode", options.getModeValue(), "ROUTING_MODE_TOP_K");
    }
    double temperature =
        options.hasTemperature() ? options.getTemperature() : RoutingOptions.DEFAULT.temperature();
    return new RoutingOptions(temperature, expertsPerToken(options, model));
  }

  private static OptionalInt expertsPerToken(io.ennead.v1.RoutingOptions options, ModelInfo model) {
    if (!options.hasExpertsPerToken()) {
      return OptionalInt.empty();
    }
    long experts = Integer.toUnsignedLong(options.getExpertsPerToken());
    if (experts < 1 || experts > model.experts()) {
      throw ServingException.invalidField(
          "routing.experts_per_token", experts, "1 to " + model.experts());
    }
    return OptionalInt.of((int) experts);
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

  static void requireOneContinuation(GenerateRequest request) {
    if (request.hasN() && request.getN() != 1) {
      throw ServingException.invalidField("n", Integer.toUnsignedString(request.getN()), "1");
    }
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
