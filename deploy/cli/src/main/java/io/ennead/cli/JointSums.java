package io.ennead.cli;

import io.ennead.cli.JointScores.Group;
import io.ennead.router.sample.Likelihood;
import io.ennead.router.score.TemperatureSolver;
import io.ennead.v1.FitResult;
import io.ennead.v1.ScoreSummary;
import io.ennead.v1.TemperatureFit;
import io.ennead.v1.TemperatureScore;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the texts of one group add up to, pass by pass. */
final class JointSums {
  private final TemperatureSolver solver = new TemperatureSolver();
  private final Map<Double, Likelihood> pass = new LinkedHashMap<>();
  private long tokens;
  private double logProb;
  private boolean first = true;

  /** The temperatures at which all texts are to be scored next. */
  List<Double> wanted() {
    return solver.wanted().stream().map(JointSums::temperature).toList();
  }

  /** No temperature is 0; the smallest stands for the limit, since its inverse is infinite. */
  private static double temperature(double inverse) {
    return Double.isInfinite(inverse) ? Math.copySign(Double.MIN_VALUE, inverse) : 1 / inverse;
  }

  void add(ScoreSummary summary) {
    List<Double> wanted = wanted();
    tokens += first ? summary.getTokens() : 0;
    for (TemperatureScore score : summary.getTemperaturesList()) {
      if (wanted.contains(score.getTemperature())) { // others may be of some texts only
        double inverse = 1 / score.getTemperature();
        pass.merge(
            inverse,
            new Likelihood(
                inverse, score.getLogLikelihood(), score.getSlope(), score.getCurvature()),
            Likelihood::plus);
      }
    }
  }

  /** The first pass is at T = 1 in any case. */
  void endPass(boolean fit) {
    if (first) {
      logProb = pass.getOrDefault(1.0, Likelihood.none(1)).logLikelihood();
      first = false;
    }
    if (fit) {
      solver.accept(pass.values());
    }
    pass.clear();
  }

  Group group() {
    return new Group(tokens, -logProb / tokens, solver.fit().map(this::message));
  }

  private TemperatureFit message(io.ennead.router.score.TemperatureFit fit) {
    TemperatureFit.Builder message = TemperatureFit.newBuilder().setTokens(tokens);
    return switch (fit.result()) {
      case FOUND ->
          message
              .setResult(FitResult.FIT_RESULT_FOUND)
              .setTemperature(fit.temperature())
              .setInverseTemperature(fit.inverseTemperature())
              .setInverseStandardError(fit.standardError())
              .setLogLikelihood(fit.logLikelihood())
              .build();
      case ZERO -> message.setResult(FitResult.FIT_RESULT_ZERO).build();
      case NEGATIVE_ZERO -> message.setResult(FitResult.FIT_RESULT_NEGATIVE_ZERO).build();
      case NOT_IDENTIFIABLE -> message.setResult(FitResult.FIT_RESULT_NOT_IDENTIFIABLE).build();
    };
  }
}
