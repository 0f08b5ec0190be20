package io.ennead.router.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The parameters of OpenAI's API, and of vLLM's, that are known and do nothing here. Some are
 * accepted at the value that changes nothing, and some whatever they say, which is told; any other
 * value is refused by what is not offered.
 */
final class Rules {
  private static final Predicate<JsonNode> NOTHING = value -> false;
  private static final Predicate<JsonNode> OFF = value -> value.isBoolean() && !value.asBoolean();
  private static final Predicate<JsonNode> ON = value -> value.isBoolean() && value.asBoolean();
  private static final Predicate<JsonNode> ONE = value -> value.isNumber() && value.asInt() == 1;
  private static final Predicate<JsonNode> EMPTY = value -> value.isArray() && value.isEmpty();

  private static final List<Rule> COMMON =
      List.of(
          ignored("user", JsonNode::isTextual, "a string"),
          ignored("safety_identifier", JsonNode::isTextual, "a string"),
          ignored("prompt_cache_key", JsonNode::isTextual, "a string"),
          ignored("metadata", JsonNode::isObject, "an object"),
          ignored("service_tier", words("auto", "default"), "auto or default: there is one tier"),
          only("store", OFF, "false: responses are not stored"),
          only("stop_token_ids", EMPTY, "none: stop strings are offered, and the model's own end"),
          only("prompt_logprobs", NOTHING, "none: InferenceService.Score scores texts"),
          only("include_stop_str_in_output", OFF, "false: the text ends before the stop string"),
          only("skip_special_tokens", ON, "true: special tokens are no text"),
          only("spaces_between_special_tokens", ON, "true"),
          only("truncate_prompt_tokens", NOTHING, "none: prompts are not cut"),
          only("use_beam_search", OFF, "false: beam search is not offered"),
          only("length_penalty", ONE, "1: beam search is not offered"),
          only("early_stopping", OFF, "false: beam search is not offered"),
          only("response_format", Rules::plainText, "{\"type\": \"text\"}: " + unconstrained()),
          only("structured_outputs", NOTHING, "none: " + unconstrained()),
          only("guided_json", NOTHING, "none: " + unconstrained()),
          only("guided_regex", NOTHING, "none: " + unconstrained()),
          only("guided_choice", NOTHING, "none: " + unconstrained()),
          only("guided_grammar", NOTHING, "none: " + unconstrained()));

  private static final List<Rule> COMPLETIONS =
      List.of(
          only("best_of", ONE, "1: all n are returned"),
          only("suffix", NOTHING, "none: inserting text is not offered"),
          only("echo", OFF, "false: the prompt is not repeated; InferenceService.Score scores it"));

  private static final List<Rule> CHAT =
      List.of(
          only("tools", EMPTY, "none: tool calls are not offered"),
          only("tool_choice", words("none"), "none: tool calls are not offered"),
          only("parallel_tool_calls", JsonNode::isBoolean, "true or false"),
          only("functions", EMPTY, "none: function calls are not offered"),
          only("function_call", words("none"), "none: function calls are not offered"),
          only("modalities", Rules::textAlone, "[\"text\"]: text alone is offered"),
          only("audio", NOTHING, "none: text alone is offered"),
          only("prediction", NOTHING, "none: predicted outputs are not offered"),
          only("reasoning_effort", NOTHING, "none: it is the model's template that decides"),
          only("verbosity", NOTHING, "none: it is the prompt that decides"),
          only("web_search_options", NOTHING, "none: web search is not offered"),
          only("chat_template", NOTHING, "none: the model's own is used"),
          only("continue_final_message", OFF, "false: a new message is begun"));

  private Rules() {}

  /** A parameter, the values that are accepted, and whether they are told to be ignored. */
  private record Rule(String name, Predicate<JsonNode> accepted, String expected, boolean told) {}

  private static Rule ignored(String name, Predicate<JsonNode> accepted, String expected) {
    return new Rule(name, accepted, expected, true);
  }

  private static Rule only(String name, Predicate<JsonNode> accepted, String expected) {
    return new Rule(name, accepted, expected, false);
  }

  private static Predicate<JsonNode> words(String... words) {
    return value -> List.of(words).contains(value.asText());
  }

  private static String unconstrained() {
    return "constrained decoding is not offered";
  }

  private static boolean plainText(JsonNode format) {
    return format.isObject() && format.size() == 1 && format.path("type").asText().equals("text");
  }

  private static boolean textAlone(JsonNode modalities) {
    return modalities.isArray()
        && modalities.size() == 1
        && modalities.get(0).asText().equals("text");
  }

  /** Takes them; what was there and is ignored. */
  static List<String> apply(Parameters parameters, boolean chat) {
    List<String> ignored = new ArrayList<>();
    Stream.concat(COMMON.stream(), (chat ? CHAT : COMPLETIONS).stream())
        .forEach(rule -> apply(rule, parameters, ignored));
    return List.copyOf(ignored);
  }

  private static void apply(Rule rule, Parameters parameters, List<String> ignored) {
    parameters
        .any(rule.name())
        .ifPresent(
            value -> {
              if (!rule.accepted().test(value)) {
                throw parameters.refusal(rule.name(), value, rule.expected());
              }
              if (rule.told()) {
                ignored.add(rule.name());
              }
            });
  }
}
