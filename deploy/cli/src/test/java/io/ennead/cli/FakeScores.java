package io.ennead.cli;

import io.ennead.v1.FitResult;
import io.ennead.v1.ScoreRequest;
import io.ennead.v1.ScoreStreamResponse;
import io.ennead.v1.ScoreSummary;
import io.ennead.v1.TemperatureFit;
import io.ennead.v1.TemperatureScore;
import io.ennead.v1.TokenScore;
import io.ennead.v1.TokenizeRequest;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Scores of a model that knows two tokens at every place: "a" with the logit 2, any other character
 * with 0. Tokens are those of {@link FakeBytes}.
 */
final class FakeScores {
  private static final int HIGH = 1 + 'a';
  static final double GAP = 2;

  private FakeScores() {}

  static List<ScoreStreamResponse> of(ScoreRequest request) {
    int[] ids =
        request.hasText()
            ? FakeBytes.ids(TokenizeRequest.newBuilder().setText(request.getText()).build())
                .stream()
                .mapToInt(id -> id)
                .toArray()
            : request.getTokenIds().getIdsList().stream().mapToInt(id -> id).toArray();
    ScoreStreamResponse.Builder tokens = ScoreStreamResponse.newBuilder();
    for (int i = 0; i < ids.length; i++) {
      tokens.addTokens(i == 0 ? first(ids[0]) : token(ids[i], request));
    }
    int high = (int) IntStream.of(ids).skip(1).filter(id -> id == HIGH).count();
    return List.of(
        tokens.build(),
        ScoreStreamResponse.newBuilder()
            .setSummary(summary(high, ids.length - 1 - high, request))
            .build());
  }

  private static TokenScore first(int id) {
    return TokenScore.newBuilder().setId(id).setText("<s>").build();
  }

  private static TokenScore token(int id, ScoreRequest request) {
    TokenScore.Builder token =
        TokenScore.newBuilder()
            .setId(id)
            .setText(Character.toString(id - 1))
            .setLogprob(logProb(id == HIGH, 1))
            .setRank(id == HIGH ? 0 : 1)
            .setEntropy(0.365);
    request
        .getTemperaturesList()
        .forEach(t -> token.addTemperedLogprobs(logProb(id == HIGH, 1 / t)));
    return token.build();
  }

  private static double logProb(boolean high, double inverse) {
    return -Math.log1p(Math.exp(high ? -inverse * GAP : inverse * GAP));
  }

  private static ScoreSummary summary(int high, int low, ScoreRequest request) {
    double sum = high * logProb(true, 1) + low * logProb(false, 1);
    ScoreSummary.Builder summary =
        ScoreSummary.newBuilder()
            .setTokens(high + low)
            .setPerplexity(Math.exp(-sum / (high + low)))
            .setMeanEntropy(0.365);
    request.getTemperaturesList().forEach(t -> summary.addTemperatures(at(t, high, low)));
    if (request.getFitTemperature()) {
      summary.setFit(fit(high, low));
    }
    if (request.hasFitWindow()) {
      summary.addWindowFits(fit(high, low)).addWindowFits(fit(0, 1));
    }
    return summary.build();
  }

  private static TemperatureScore at(double temperature, int high, int low) {
    double inverse = 1 / temperature;
    double p =
        Double.isInfinite(inverse) ? (inverse > 0 ? 1 : 0) : Math.exp(logProb(true, inverse));
    return TemperatureScore.newBuilder()
        .setTemperature(temperature)
        .setLogLikelihood(high * logProb(true, inverse) + low * logProb(false, inverse))
        .setSlope(high * GAP - (high + low) * p * GAP)
        .setCurvature(-(high + low) * p * (1 - p) * GAP * GAP)
        .setPerplexity(7)
        .build();
  }

  private static TemperatureFit fit(int high, int low) {
    double inverse = Math.log(high / (double) low) / GAP;
    return high == 0
        ? TemperatureFit.newBuilder()
            .setResult(FitResult.FIT_RESULT_NEGATIVE_ZERO)
            .setTokens(low)
            .build()
        : TemperatureFit.newBuilder()
            .setResult(FitResult.FIT_RESULT_FOUND)
            .setTokens(high + low)
            .setInverseTemperature(inverse)
            .setTemperature(1 / inverse)
            .setInverseStandardError(0.1)
            .build();
  }
}
