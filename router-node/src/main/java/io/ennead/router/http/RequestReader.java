package io.ennead.router.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.ennead.errors.ServingException;
import io.ennead.router.api.FieldNames;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.Priority;
import io.ennead.v1.StoppingOptions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads what completions and chat completions have in common into a request without a prompt. Used
 * by one thread, for one request.
 */
final class RequestReader {
  private static final int MAX_CHOICES = 1 << 16;
  private static final int MAX_STOPS = 1 << 10;
  private static final int COMPLETION_TOKENS = 16; // OpenAI's, of completions that do not say

  private final Parameters parameters;
  private final Map<String, String> names = new HashMap<>();
  private final GenerateRequest.Builder request = GenerateRequest.newBuilder();
  private boolean lengthGiven;

  RequestReader(Parameters parameters) {
    this.parameters = parameters;
  }

  /** Names by field, as {@link FieldNames} takes them; to be added to. */
  Map<String, String> names() {
    return names;
  }

  GenerateRequest.Builder request() {
    return request;
  }

  /** Reads everything but prompt and log-probabilities, which must have been taken. */
  Asked read(boolean chat, List<GenerateRequest.Builder> prompts) {
    parameters.text("model").ifPresent(request::setModel);
    parameters.whole("n", 1, MAX_CHOICES).ifPresent(n -> request.setN((int) n));
    readStopping(chat);
    boolean detailed = readOurs();
    Sampling.read(parameters, request.getSamplingBuilder(), names);
    boolean stream = parameters.flag("stream");
    boolean usage = readStreamOptions(stream);
    List<String> ignored = Rules.apply(parameters, chat);
    parameters.requireAllTaken();
    List<GenerateRequest> requests =
        prompts.stream().map(prompt -> prompt.mergeFrom(request.build()).build()).toList();
    return new Asked(
        requests, stream, usage, detailed, lengthGiven, ignored, new FieldNames(names));
  }

  private void readStopping(boolean chat) {
    StoppingOptions.Builder stopping = request.getStoppingBuilder();
    names.put("stopping.max_tokens", "max_tokens");
    readLength("max_tokens", stopping);
    if (chat) {
      readLength("max_completion_tokens", stopping);
    } else if (!lengthGiven) {
      stopping.setMaxTokens(COMPLETION_TOKENS);
    }
    parameters.any("stop").ifPresent(value -> readStops(value, stopping));
    parameters
        .whole("min_tokens", 0, Integer.MAX_VALUE)
        .ifPresent(least -> stopping.setMinTokens((int) least));
    parameters.optionalFlag("ignore_eos").ifPresent(stopping::setIgnoreEos);
    names.put("stopping.stop", "stop");
    names.put("stopping.min_tokens", "min_tokens");
    names.put("stopping.ignore_eos", "ignore_eos");
  }

  private void readLength(String name, StoppingOptions.Builder stopping) {
    if (!parameters.has(name)) {
      Optional<JsonNode> unused = parameters.any(name);
      return;
    }
    if (lengthGiven) {
      throw ServingException.invalidField(name, "given twice", "it or max_tokens, not both");
    }
    lengthGiven = true;
    names.put("stopping.max_tokens", name);
    stopping.setMaxTokens((int) parameters.whole(name, 0, Integer.MAX_VALUE).orElseThrow());
  }

  private void readStops(JsonNode value, StoppingOptions.Builder stopping) {
    if (value.isTextual()) {
      stopping.addStop(parameters.text(value, "stop"));
      return;
    }
    for (JsonNode stop : parameters.list(value, "stop", MAX_STOPS)) {
      stopping.addStop(parameters.text(stop, "stop"));
    }
  }

  private boolean readOurs() {
    boolean sampling = parameters.has("sampling");
    boolean routing =
        parameters.has("routing") && parameters.message("routing", request.getRoutingBuilder());
    boolean trace =
        parameters.has("trace") && parameters.message("trace", request.getTraceBuilder());
    boolean tokenIds = parameters.flag("return_token_ids");
    parameters.text("priority").ifPresent(label -> request.setPriority(priority(label)));
    return sampling || routing || trace || tokenIds;
  }

  private static Priority priority(String label) {
    return switch (label) {
      case "low" -> Priority.PRIORITY_LOW;
      case "normal" -> Priority.PRIORITY_NORMAL;
      case "high" -> Priority.PRIORITY_HIGH;
      default -> throw ServingException.invalidField("priority", label, "low, normal or high");
    };
  }

  private boolean readStreamOptions(boolean stream) {
    Optional<Parameters> options = parameters.object("stream_options");
    if (options.isEmpty()) {
      return false;
    }
    if (!stream) {
      throw ServingException.invalidField("stream_options", "an object", "none without stream");
    }
    boolean usage = options.get().flag("include_usage");
    if (options.get().flag("include_obfuscation")) {
      throw ServingException.invalidField(
          "stream_options.include_obfuscation", true, "false: nothing is obfuscated");
    }
    options.get().requireAllTaken();
    return usage;
  }
}
