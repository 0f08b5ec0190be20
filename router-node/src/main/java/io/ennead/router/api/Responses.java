package io.ennead.router.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ennead.router.generate.FinishInfo;
import io.ennead.router.generate.ModelInfo;
import io.ennead.router.generate.Piece;
import io.ennead.router.generate.ScoredTokens;
import io.ennead.router.generate.ServedModel;
import io.ennead.router.model.TextCodec;
import io.ennead.router.moe.Routing;
import io.ennead.router.sample.Penalties;
import io.ennead.router.sample.SamplingOptions;
import io.ennead.router.sample.TokenLogProb;
import io.ennead.router.sample.Truncation;
import io.ennead.v1.Finish;
import io.ennead.v1.FinishReason;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.Model;
import io.ennead.v1.ScoreResponse;
import io.ennead.v1.TokenLogprob;
import io.ennead.v1.TokenScore;
import java.time.Duration;
import java.util.Arrays;

/** Writes domain results as messages. */
final class Responses {
  private Responses() {}

  static GenerateResponse piece(String responseId, Piece piece) {
    GenerateResponse.Builder response =
        GenerateResponse.newBuilder().setResponseId(responseId).setText(piece.text());
    for (int id : piece.tokenIds()) {
      response.addTokenIds(id);
    }
    piece.logprobs().forEach(logprob -> response.addLogprobs(logprob(logprob)));
    return response.build();
  }

  private static TokenLogprob logprob(TokenLogProb token) {
    TokenLogprob.Builder message =
        TokenLogprob.newBuilder().setId(token.id()).setLogprob(token.logProb());
    token.top().forEach(alternative -> message.addTop(logprob(alternative)));
    token.sampledLogProb().ifPresent(message::setSampledLogprob);
    token.sampledTop().forEach(alternative -> message.addSampledTop(logprob(alternative)));
    return message.build();
  }

  static GenerateResponse finish(String responseId, FinishInfo info) {
    Finish.Builder finish =
        Finish.newBuilder()
            .setReason(reason(info.reason()))
            .setPromptTokens(info.promptTokens())
            .setGeneratedTokens(info.generatedTokens())
            .setSeed(info.seed())
            .setQueueSeconds(seconds(info.queued()))
            .setTimeToFirstTokenSeconds(seconds(info.firstToken()))
            .setTotalSeconds(seconds(info.total()))
            .setStop(info.stop());
    return GenerateResponse.newBuilder().setResponseId(responseId).setFinish(finish).build();
  }

  private static FinishReason reason(FinishInfo.Reason reason) {
    return switch (reason) {
      case EOS -> FinishReason.FINISH_REASON_EOS;
      case STOP -> FinishReason.FINISH_REASON_STOP;
      case LENGTH -> FinishReason.FINISH_REASON_LENGTH;
    };
  }

  static ScoreResponse score(int[] tokens, ScoredTokens scores, TextCodec codec) {
    ScoreResponse.Builder response = ScoreResponse.newBuilder();
    for (int i = 0; i < tokens.length; i++) {
      TokenScore.Builder token =
          TokenScore.newBuilder()
              .setId(tokens[i])
              .setText(new String(codec.bytes(tokens[i]), UTF_8));
      if (i > 0) {
        token.setLogprob(scores.logProbs()[i]).setRank(scores.ranks()[i]);
      }
      response.addTokens(token);
    }
    scores.perplexity().ifPresent(response::setPerplexity);
    return response.build();
  }

  static Model model(ServedModel model) {
    ModelInfo info = model.info();
    return Model.newBuilder()
        .setName(info.name())
        .setFamily(info.family())
        .setFingerprint(info.fingerprint())
        .setDtype(info.dtype())
        .setContextLength(info.contextLength())
        .setVocabularySize(info.vocabularySize())
        .setHiddenSize(info.hiddenSize())
        .setLayers(info.layers())
        .addAllMoeLayers(info.moeLayers())
        .setHasChatTemplate(model.chat().isPresent())
        .setExperts(info.experts())
        .setExpertsPerToken(info.expertsPerToken())
        .setDefaultSampling(sampling(info.defaultSampling()))
        .build();
  }

  /** The defaults that generation_config.json can set. */
  private static io.ennead.v1.SamplingOptions sampling(SamplingOptions options) {
    Truncation truncation = options.truncation();
    Penalties penalties = options.penalties();
    return io.ennead.v1.SamplingOptions.newBuilder()
        .setTemperature(options.temperature().value())
        .setTopK(truncation.topK())
        .setTopP(truncation.topP())
        .setMinP(truncation.minP())
        .setTypicalP(truncation.typicalP())
        .setRepetitionPenalty(penalties.repetition())
        .setFrequencyPenalty(penalties.frequency())
        .setPresencePenalty(penalties.presence())
        .setPenaltyLastN(penalties.lastN())
        .build();
  }

  static io.ennead.v1.Routing routing(Routing routing) {
    io.ennead.v1.Routing.Builder message =
        io.ennead.v1.Routing.newBuilder().setExpertsPerToken(routing.expertsPerRow());
    Arrays.stream(routing.experts()).forEach(message::addExpertIds);
    for (float weight : routing.weights()) {
      message.addWeights(weight);
    }
    return message.build();
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}
