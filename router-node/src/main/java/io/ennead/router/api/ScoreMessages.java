package io.ennead.router.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ennead.router.generate.ScoredToken;
import io.ennead.router.model.TextCodec;
import io.ennead.router.sample.Likelihood;
import io.ennead.router.score.TemperatureFit;
import io.ennead.router.score.TextJob;
import io.ennead.router.score.TextScores;
import io.ennead.v1.FitResult;
import io.ennead.v1.ScoreSummary;
import io.ennead.v1.TemperatureScore;
import io.ennead.v1.TokenScore;
import java.util.List;

/** Writes the scores of one text as messages. */
final class ScoreMessages {
  private final TextJob job;
  private final TextCodec codec;

  ScoreMessages(TextJob job, TextCodec codec) {
    this.job = job;
    this.codec = codec;
  }

  /** A token that is only context. */
  TokenScore token(int index) {
    return unscored(index).build();
  }

  TokenScore token(int index, ScoredToken scored) {
    TokenScore.Builder token =
        unscored(index)
            .setLogprob(scored.logProb())
            .setRank(scored.rank())
            .setEntropy(scored.entropy());
    scored.top().forEach(top -> token.addTop(Responses.logprob(top)));
    for (double tempered : scored.tempered()) {
      token.addTemperedLogprobs(tempered);
    }
    return token.build();
  }

  private TokenScore.Builder unscored(int index) {
    int id = job.tokens()[index];
    return TokenScore.newBuilder().setId(id).setText(new String(codec.bytes(id), UTF_8));
  }

  ScoreSummary summary(TextScores scores) {
    ScoreSummary.Builder summary =
        ScoreSummary.newBuilder()
            .setTokens(scores.tokens())
            .setRoutingSeed(job.routing().seed())
            .setProfile(job.routing().profile().id());
    scores.perplexity().ifPresent(summary::setPerplexity);
    scores.meanEntropy().ifPresent(summary::setMeanEntropy);
    for (int i = 0; i < scores.temperatures().size(); i++) {
      summary.addTemperatures(
          temperature(job.temperatures()[i], scores.temperatures().get(i), scores.tokens()));
    }
    scores.fit().ifPresent(fit -> summary.setFit(fit(fit, scores.tokens())));
    List<TemperatureFit> runs = scores.windowFits();
    for (int i = 0; i < runs.size(); i++) {
      int length = job.fitWindow().getAsInt();
      summary.addWindowFits(
          fit(runs.get(i), (int) Math.min(length, scores.tokens() - (long) i * length)));
    }
    return summary.build();
  }

  private static TemperatureScore temperature(
      double temperature, Likelihood likelihood, int tokens) {
    TemperatureScore.Builder score =
        TemperatureScore.newBuilder()
            .setTemperature(temperature)
            .setLogLikelihood(likelihood.logLikelihood())
            .setSlope(likelihood.slope())
            .setCurvature(likelihood.curvature());
    if (tokens > 0) {
      score.setPerplexity(StrictMath.exp(-likelihood.logLikelihood() / tokens));
    }
    return score.build();
  }

  private static io.ennead.v1.TemperatureFit fit(TemperatureFit fit, int tokens) {
    io.ennead.v1.TemperatureFit.Builder message =
        io.ennead.v1.TemperatureFit.newBuilder().setResult(result(fit.result())).setTokens(tokens);
    if (fit.result() == TemperatureFit.Result.FOUND) {
      message
          .setInverseTemperature(fit.inverseTemperature())
          .setTemperature(fit.temperature())
          .setInverseStandardError(fit.standardError())
          .setLogLikelihood(fit.logLikelihood());
    }
    return message.build();
  }

  private static FitResult result(TemperatureFit.Result result) {
    return switch (result) {
      case FOUND -> FitResult.FIT_RESULT_FOUND;
      case ZERO -> FitResult.FIT_RESULT_ZERO;
      case NEGATIVE_ZERO -> FitResult.FIT_RESULT_NEGATIVE_ZERO;
      case NOT_IDENTIFIABLE -> FitResult.FIT_RESULT_NOT_IDENTIFIABLE;
    };
  }
}
