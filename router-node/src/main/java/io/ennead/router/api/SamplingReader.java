package io.ennead.router.api;

import com.google.common.base.Utf8;
import io.ennead.errors.ServingException;
import io.ennead.router.generate.ServedModel;
import io.ennead.router.sample.Dry;
import io.ennead.router.sample.Mirostat;
import io.ennead.router.sample.Penalties;
import io.ennead.router.sample.SamplerKind;
import io.ennead.router.sample.SamplingOptions;
import io.ennead.router.sample.Temperature;
import io.ennead.router.sample.TemperatureSchedule;
import io.ennead.router.sample.TokenConstraints;
import io.ennead.router.sample.Truncation;
import io.ennead.router.sample.Truncation.Xtc;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.Sampler;
import io.ennead.v1.TokenIds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Reads a request's sampling options. What is absent takes the model's default; a default that
 * cannot be combined with what the request asks for is left out. What is not allowed is an
 * INVALID_FIELD with the field's path in the request; checks that hold for any model are those of
 * the records.
 */
final class SamplingReader {
  private static final int MAX_BAD_WORDS = 256;
  private static final int MAX_BAD_WORD_BYTES = 1024;

  private final io.ennead.v1.SamplingOptions request;
  private final ServedModel model;
  private final SamplingOptions defaults;
  private final List<SamplerKind> order;

  private SamplingReader(io.ennead.v1.SamplingOptions request, ServedModel model) {
    this.request = request;
    this.model = model;
    this.defaults = model.info().defaultSampling();
    this.order = order(request);
  }

  static SamplingOptions read(io.ennead.v1.SamplingOptions request, ServedModel model) {
    return new SamplingReader(request, model).read();
  }

  private SamplingOptions read() {
    Temperature temperature = temperature();
    return new SamplingOptions(
        temperature,
        truncation(temperature),
        mirostat(),
        penalties(),
        dry(),
        constraints(),
        order,
        request.hasSeed() ? OptionalLong.of(request.getSeed()) : OptionalLong.empty());
  }

  private static List<SamplerKind> order(io.ennead.v1.SamplingOptions request) {
    if (request.getOrderCount() == 0) {
      return SamplerKind.DEFAULT_ORDER;
    }
    int samplers = SamplerKind.values().length;
    if (request.getOrderCount() > samplers) {
      throw ServingException.invalidField(
          "sampling.order",
          request.getOrderCount() + " samplers",
          "each of the %d at most once".formatted(samplers));
    }
    return request.getOrderValueList().stream().map(SamplingReader::kind).toList();
  }

  private static SamplerKind kind(int number) {
    Sampler sampler = Sampler.forNumber(number);
    return switch (sampler == null ? Sampler.UNRECOGNIZED : sampler) {
      case SAMPLER_TOP_N_SIGMA -> SamplerKind.TOP_N_SIGMA;
      case SAMPLER_TEMPERATURE -> SamplerKind.TEMPERATURE;
      case SAMPLER_TOP_K -> SamplerKind.TOP_K;
      case SAMPLER_TYPICAL_P -> SamplerKind.TYPICAL_P;
      case SAMPLER_TOP_P -> SamplerKind.TOP_P;
      case SAMPLER_MIN_P -> SamplerKind.MIN_P;
      case SAMPLER_XTC -> SamplerKind.XTC;
      case SAMPLER_UNSPECIFIED, UNRECOGNIZED ->
          throw ServingException.invalidField(
              "sampling.order", "sampler " + number, "samplers that this version has");
    };
  }

  private Temperature temperature() {
    return new Temperature(
        request.hasTemperature() ? request.getTemperature() : defaultTemperature(), schedule());
  }

  private double defaultTemperature() {
    return order.contains(SamplerKind.TEMPERATURE) ? defaults.temperature().value() : 1;
  }

  private TemperatureSchedule schedule() {
    return switch (request.getScheduleCase()) {
      case ENTROPY_TEMPERATURE -> byEntropy(request.getEntropyTemperature());
      case PIECEWISE_TEMPERATURE ->
          new TemperatureSchedule.Piecewise(
              request.getPiecewiseTemperature().getStepsList().stream()
                  .map(
                      step ->
                          new TemperatureSchedule.Step(
                              clamp(step.getFrom()), step.getTemperature()))
                  .toList());
      case PERIODIC_TEMPERATURE ->
          new TemperatureSchedule.Periodic(
              clamp(request.getPeriodicTemperature().getEvery()),
              request.getPeriodicTemperature().getTemperature());
      case SCHEDULE_NOT_SET -> defaults.temperature().schedule();
    };
  }

  private static TemperatureSchedule byEntropy(io.ennead.v1.EntropyTemperature entropy) {
    return new TemperatureSchedule.ByEntropy(
        entropy.getRange(), entropy.hasExponent() ? entropy.getExponent() : 1);
  }

  private Truncation truncation(Temperature temperature) {
    Truncation truncation = defaults.truncation();
    for (SamplerKind kind : SamplerKind.values()) {
      if (!combines(kind, temperature)) {
        truncation = truncation.without(kind);
      }
    }
    return asked(truncation);
  }

  /** Whether a sampler that only the defaults set can stay. */
  private boolean combines(SamplerKind kind, Temperature temperature) {
    boolean inverted =
        temperature.mayInvert() && order.indexOf(kind) > order.indexOf(SamplerKind.TEMPERATURE);
    return order.contains(kind) && !request.hasMirostat() && !inverted;
  }

  private Truncation asked(Truncation truncation) {
    return new Truncation(
        request.hasTopK() ? clamp(request.getTopK()) : truncation.topK(),
        request.hasTopP() ? request.getTopP() : truncation.topP(),
        request.hasMinP() ? request.getMinP() : truncation.minP(),
        request.hasTypicalP() ? request.getTypicalP() : truncation.typicalP(),
        request.hasTopNSigma() ? request.getTopNSigma() : truncation.topNSigma(),
        request.hasXtc() ? Optional.of(xtc(request.getXtc())) : truncation.xtc());
  }

  private static Xtc xtc(io.ennead.v1.Xtc xtc) {
    return new Xtc(xtc.getProbability(), xtc.getThreshold());
  }

  private Optional<Mirostat> mirostat() {
    if (!request.hasMirostat()) {
      return Optional.empty();
    }
    io.ennead.v1.Mirostat mirostat = request.getMirostat();
    return Optional.of(
        new Mirostat(
            mirostat.hasTau() ? mirostat.getTau() : Mirostat.DEFAULT_TAU,
            mirostat.hasEta() ? mirostat.getEta() : Mirostat.DEFAULT_ETA));
  }

  private Penalties penalties() {
    Penalties usual = defaults.penalties();
    return new Penalties(
        request.hasRepetitionPenalty() ? request.getRepetitionPenalty() : usual.repetition(),
        request.hasFrequencyPenalty() ? request.getFrequencyPenalty() : usual.frequency(),
        request.hasPresencePenalty() ? request.getPresencePenalty() : usual.presence(),
        request.hasPenaltyLastN() ? clamp(request.getPenaltyLastN()) : usual.lastN());
  }

  private Optional<Dry> dry() {
    if (!request.hasDry()) {
      return Optional.empty();
    }
    io.ennead.v1.Dry dry = request.getDry();
    return Optional.of(
        new Dry(
            dry.getMultiplier(),
            dry.hasBase() ? dry.getBase() : Dry.DEFAULT_BASE,
            dry.hasAllowedLength() ? clamp(dry.getAllowedLength()) : Dry.DEFAULT_ALLOWED_LENGTH,
            clamp(dry.getLastN()),
            dry.hasBreakers() ? dry.getBreakers().getTextsList() : Dry.DEFAULT_BREAKERS));
  }

  private TokenConstraints constraints() {
    requireInVocabulary(request.getLogitBiasMap().keySet());
    return new TokenConstraints(request.getLogitBiasMap(), allowed(), badWords());
  }

  private void requireInVocabulary(Set<Integer> ids) {
    int vocabulary = model.info().vocabularySize();
    for (int id : ids) {
      if (id < 0 || id >= vocabulary) {
        String told = Integer.toUnsignedString(id);
        throw ServingException.field(
            ErrorReason.ERROR_REASON_TOKEN_OUT_OF_RANGE,
            "sampling.logit_bias[%s]".formatted(told),
            told,
            "0 to " + (vocabulary - 1));
      }
    }
  }

  private Set<Integer> allowed() {
    if (!request.hasAllowedTokens()) {
      return Set.of();
    }
    TokenIds tokens = request.getAllowedTokens();
    if (tokens.getIdsCount() == 0) {
      throw ServingException.invalidField(
          "sampling.allowed_tokens.ids", "empty", "at least one id");
    }
    Prompts.ids(model.info(), tokens.getIdsList(), "sampling.allowed_tokens.ids");
    return Set.copyOf(tokens.getIdsList());
  }

  private List<List<Integer>> badWords() {
    if (request.getBadWordsCount() > MAX_BAD_WORDS) {
      throw ServingException.invalidField(
          "sampling.bad_words", request.getBadWordsCount() + " texts", "at most " + MAX_BAD_WORDS);
    }
    List<List<Integer>> sequences = new ArrayList<>();
    for (int i = 0; i < request.getBadWordsCount(); i++) {
      sequences.addAll(spellings(request.getBadWords(i), "sampling.bad_words[%d]".formatted(i)));
    }
    return sequences;
  }

  /**
   * A word at the beginning of a text, behind a space and directly behind what is no letter: some
   * tokenizers put the space in front of a word, some put one in front of every text. A digit is
   * what none of them joins with letters.
   */
  private Set<List<Integer>> spellings(String word, String field) {
    if (word.isEmpty() || Utf8.encodedLength(word) > MAX_BAD_WORD_BYTES) {
      throw ServingException.invalidField(
          field, '"' + word + '"', "1 to %d bytes of UTF-8".formatted(MAX_BAD_WORD_BYTES));
    }
    Set<List<Integer>> spellings = new LinkedHashSet<>();
    spellings.add(tokens(word));
    spellings.add(tokens(" " + word));
    spellings.add(behind("1", word));
    spellings.remove(List.of());
    if (spellings.isEmpty()) {
      throw ServingException.invalidField(field, '"' + word + '"', "a text that has tokens");
    }
    return spellings;
  }

  /** Nothing when the two share a token. */
  private List<Integer> behind(String text, String word) {
    List<Integer> front = tokens(text);
    List<Integer> both = tokens(text + word);
    return both.size() > front.size() && both.subList(0, front.size()).equals(front)
        ? both.subList(front.size(), both.size())
        : List.of();
  }

  private List<Integer> tokens(String text) {
    return Arrays.stream(model.codec().encode(text, false)).boxed().toList();
  }

  private static int clamp(int unsigned) {
    return unsigned < 0 ? Integer.MAX_VALUE : unsigned;
  }
}
