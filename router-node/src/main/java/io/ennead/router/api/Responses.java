package io.ennead.router.api;

import io.ennead.router.generate.Degraded;
import io.ennead.router.generate.FinishInfo;
import io.ennead.router.generate.Piece;
import io.ennead.router.moe.Routing;
import io.ennead.router.sample.TokenLogProb;
import io.ennead.v1.Finish;
import io.ennead.v1.FinishReason;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.TokenLogprob;
import java.time.Duration;
import java.util.Arrays;

/** Writes domain results as messages, for every protocol. */
public final class Responses {
  private Responses() {}

  /** A piece of a continuation. */
  public static GenerateResponse piece(String responseId, Piece piece) {
    GenerateResponse.Builder response =
        GenerateResponse.newBuilder()
            .setResponseId(responseId)
            .setIndex(piece.index())
            .setText(piece.text());
    for (int id : piece.tokenIds()) {
      response.addTokenIds(id);
    }
    piece.logprobs().forEach(logprob -> response.addLogprobs(logprob(logprob)));
    piece.trace().ifPresent(trace -> response.setTrace(TraceMessages.trace(trace)));
    piece.draw().ifPresent(draw -> response.addSamplingTrace(TraceMessages.draw(draw)));
    return response.build();
  }

  static TokenLogprob logprob(TokenLogProb token) {
    TokenLogprob.Builder message =
        TokenLogprob.newBuilder().setId(token.id()).setLogprob(token.logProb());
    token.top().forEach(alternative -> message.addTop(logprob(alternative)));
    token.sampledLogProb().ifPresent(message::setSampledLogprob);
    token.sampledTop().forEach(alternative -> message.addSampledTop(logprob(alternative)));
    return message.build();
  }

  /** The last piece of a continuation. */
  public static GenerateResponse finish(String responseId, FinishInfo info) {
    Finish.Builder finish =
        Finish.newBuilder()
            .setReason(reason(info.reason()))
            .setPromptTokens(info.promptTokens())
            .setCachedPromptTokens(info.cachedPromptTokens())
            .setGeneratedTokens(info.generatedTokens())
            .setSeed(info.seed())
            .setRoutingSeed(info.routingSeed())
            .setQueueSeconds(seconds(info.queued()))
            .setTimeToFirstTokenSeconds(seconds(info.firstToken()))
            .setTotalSeconds(seconds(info.total()))
            .setStop(info.stop())
            .setProfile(info.profile().id());
    if (info.degraded().tokens() > 0) {
      finish.setDegraded(degraded(info.degraded()));
    }
    GenerateResponse.Builder response =
        GenerateResponse.newBuilder()
            .setResponseId(responseId)
            .setIndex(info.index())
            .setFinish(finish);
    if (!info.routing().isEmpty()) {
      response.setTrace(TraceMessages.summary(info.routing()));
    }
    return response.build();
  }

  static io.ennead.v1.Degraded degraded(Degraded tokens) {
    return io.ennead.v1.Degraded.newBuilder()
        .setTokens(tokens.tokens())
        .addAllLayers(tokens.layers())
        .addAllExperts(tokens.experts())
        .build();
  }

  private static FinishReason reason(FinishInfo.Reason reason) {
    return switch (reason) {
      case EOS -> FinishReason.FINISH_REASON_EOS;
      case STOP -> FinishReason.FINISH_REASON_STOP;
      case LENGTH -> FinishReason.FINISH_REASON_LENGTH;
    };
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
