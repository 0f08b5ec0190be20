package io.ennead.router.api.kserve;

import io.ennead.errors.ServingException;
import io.ennead.router.api.kserve.Option.Kind;
import io.ennead.v1.SamplingOptions;
import io.ennead.v1.StoppingOptions;
import io.ennead.v1.TokenIds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.ObjDoubleConsumer;
import java.util.stream.Collectors;

/** The options of a request for text, by the names of vLLM's and TensorRT-LLM's backends. */
final class TextTable {
  private TextTable() {}

  static OptionTable<TextDraft> table() {
    List<Option<TextDraft>> options = new ArrayList<>(request());
    sampling().forEach(option -> options.add(option.in(TextTable::sampling)));
    stopping().forEach(option -> options.add(option.in(TextTable::stopping)));
    RoutingTable.options()
        .forEach(option -> options.add(option.in(draft -> draft.request.getRoutingBuilder())));
    options.addAll(outputs());
    return new OptionTable<>(options);
  }

  private static SamplingOptions.Builder sampling(TextDraft draft) {
    return draft.request.getSamplingBuilder();
  }

  private static StoppingOptions.Builder stopping(TextDraft draft) {
    return draft.request.getStoppingBuilder();
  }

  private static List<Option<TextDraft>> request() {
    return List.of(
        Option.of(
            Kind.FLAG, "", (draft, value) -> draft.stream = value.flag(), "stream", "streaming"),
        Option.of(
            Kind.FLAG,
            "",
            (draft, value) -> draft.excludeInput = Optional.of(value.flag()),
            "exclude_input_in_output"),
        Option.of(
            Kind.COUNT,
            "",
            (draft, value) -> draft.inputLength = OptionalInt.of(value.count()),
            "input_lengths"),
        Option.of(
            Kind.COUNT,
            "n",
            (draft, value) -> draft.request.setN(value.count()),
            "n",
            "num_return_sequences"),
        Option.of(Kind.COUNT, "", TextTable::requireOneBeam, "beam_width"),
        Option.of(
            Kind.WORD,
            "",
            (draft, value) ->
                draft.want(
                    TextOutput.ROUTING_SUMMARY,
                    value.choice(Map.of("none", false, "summary", true))),
            "trace"),
        Option.of(
            Kind.COUNT,
            "logprobs",
            (draft, value) -> draft.request.setLogprobs(value.count()),
            "logprobs"));
  }

  private static void requireOneBeam(TextDraft draft, OptionValue value) {
    if (value.count() != 1) {
      throw ServingException.invalidField(value.field(), value.node(), "1: tokens are sampled");
    }
  }

  private static List<Option<SamplingOptions.Builder>> sampling() {
    return List.of(
        number("temperature", SamplingOptions.Builder::setTemperature),
        Option.of(
            Kind.COUNT,
            "sampling.top_k",
            (sampling, value) -> sampling.setTopK(topK(value)),
            "top_k",
            "runtime_top_k"),
        Option.of(
            Kind.NUMBER,
            "sampling.top_p",
            (sampling, value) -> sampling.setTopP(value.number()),
            "top_p",
            "runtime_top_p"),
        number("min_p", SamplingOptions.Builder::setMinP),
        number("typical_p", SamplingOptions.Builder::setTypicalP),
        number("top_n_sigma", SamplingOptions.Builder::setTopNSigma),
        Option.of(
            Kind.SEED,
            "sampling.seed",
            (sampling, value) -> sampling.setSeed(value.seed()),
            "seed",
            "random_seed"),
        number("repetition_penalty", SamplingOptions.Builder::setRepetitionPenalty),
        number("frequency_penalty", SamplingOptions.Builder::setFrequencyPenalty),
        number("presence_penalty", SamplingOptions.Builder::setPresencePenalty),
        Option.of(
            Kind.COUNT,
            "sampling.penalty_last_n",
            (sampling, value) -> sampling.setPenaltyLastN(value.count()),
            "penalty_last_n"),
        Option.of(
            Kind.WORDS,
            "sampling.bad_words",
            (sampling, value) -> sampling.addAllBadWords(value.texts()),
            "bad_words"),
        Option.of(
            Kind.WORD,
            "sampling.logit_bias",
            (sampling, value) -> sampling.putAllLogitBias(value.numbersById()),
            "logit_bias"),
        Option.of(
            Kind.COUNTS,
            "sampling.allowed_tokens.ids",
            (sampling, value) ->
                sampling.setAllowedTokens(TokenIds.newBuilder().addAllIds(value.ids())),
            "allowed_token_ids"));
  }

  private static Option<SamplingOptions.Builder> number(
      String name, ObjDoubleConsumer<SamplingOptions.Builder> setter) {
    return Option.of(
        Kind.NUMBER,
        "sampling." + name,
        (sampling, value) -> setter.accept(sampling, value.number()),
        name);
  }

  /** vLLM says -1 for all tokens. */
  private static int topK(OptionValue value) {
    return value.node().isIntegralNumber() && value.node().longValue() == -1 ? 0 : value.count();
  }

  private static List<Option<StoppingOptions.Builder>> stopping() {
    return List.of(
        Option.of(
            Kind.COUNT,
            "stopping.max_tokens",
            (stopping, value) -> stopping.setMaxTokens(value.count()),
            "max_tokens",
            "request_output_len"),
        Option.of(
            Kind.COUNT,
            "stopping.min_tokens",
            (stopping, value) -> stopping.setMinTokens(value.count()),
            "min_tokens"),
        Option.of(
            Kind.WORDS,
            "stopping.stop",
            (stopping, value) -> stopping.addAllStop(value.texts()),
            "stop",
            "stop_words"),
        Option.of(
            Kind.FLAG,
            "stopping.ignore_eos",
            (stopping, value) -> stopping.setIgnoreEos(value.flag()),
            "ignore_eos"));
  }

  /** A flag for each output that can be asked for; some stand for several. */
  private static List<Option<TextDraft>> outputs() {
    Map<String, List<TextOutput>> byFlag =
        Arrays.stream(TextOutput.values())
            .filter(output -> !output.flag().isEmpty())
            .collect(
                Collectors.groupingBy(TextOutput::flag, LinkedHashMap::new, Collectors.toList()));
    return byFlag.entrySet().stream()
        .map(
            entry ->
                Option.<TextDraft>of(
                    Kind.FLAG,
                    "",
                    (draft, value) ->
                        entry.getValue().forEach(output -> draft.want(output, value.flag())),
                    entry.getKey()))
        .toList();
  }
}
