package io.ennead.router.score;

import io.ennead.router.sample.Likelihood;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Places in a text with their logits, and the most likely temperature by the obvious way. */
record SlowFit(List<Place> places) {

  /** Logits of a place and which token came. */
  record Place(float[] logits, int token) {}

  /** Gaussian logits; tokens drawn from softmax(B l). */
  static SlowFit drawn(Random random, int count, int vocabulary, double scale, double inverse) {
    List<Place> places = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      float[] logits = new float[vocabulary];
      for (int id = 0; id < vocabulary; id++) {
        logits[id] = (float) (random.nextGaussian() * scale);
      }
      places.add(new Place(logits, draw(random, logits, inverse)));
    }
    return new SlowFit(places);
  }

  private static int draw(Random random, float[] logits, double inverse) {
    double[] weights = weights(logits, inverse);
    double left = random.nextDouble() * sum(weights);
    for (int id = 0; id < weights.length; id++) {
      left -= weights[id];
      if (left < 0) {
        return id;
      }
    }
    return weights.length - 1;
  }

  private static double[] weights(float[] logits, double inverse) {
    double top = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      top = Math.max(top, inverse * logit);
    }
    double[] weights = new double[logits.length];
    for (int id = 0; id < logits.length; id++) {
      weights[id] = Math.exp(inverse * logits[id] - top);
    }
    return weights;
  }

  private static double sum(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum;
  }

  private static double mean(float[] logits, double inverse) {
    double[] weights = weights(logits, inverse);
    double sum = 0;
    for (int id = 0; id < logits.length; id++) {
      sum += weights[id] * logits[id];
    }
    return sum / sum(weights);
  }

  private double slope(double inverse) {
    double slope = 0;
    for (Place place : places) {
      slope += place.logits[place.token] - mean(place.logits, inverse);
    }
    return slope;
  }

  /** The root of the slope between bounds by 200 halvings. */
  double bisected(double low, double high) {
    for (int i = 0; i < 200; i++) {
      double middle = (low + high) / 2;
      if (slope(middle) > 0) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }

  Likelihood at(double inverse) {
    if (Double.isInfinite(inverse)) {
      return new Likelihood(inverse, Double.NaN, limit(inverse > 0), 0);
    }
    double logLikelihood = 0;
    double curvature = 0;
    for (Place place : places) {
      double[] weights = weights(place.logits, inverse);
      double mean = mean(place.logits, inverse);
      logLikelihood += Math.log(weights[place.token] / sum(weights));
      for (int id = 0; id < weights.length; id++) {
        curvature -= weights[id] / sum(weights) * Math.pow(place.logits[id] - mean, 2);
      }
    }
    return new Likelihood(inverse, logLikelihood, slope(inverse), curvature);
  }

  private double limit(boolean highest) {
    double limit = 0;
    for (Place place : places) {
      double extreme = place.logits[0];
      for (float logit : place.logits) {
        extreme = highest ? Math.max(extreme, logit) : Math.min(extreme, logit);
      }
      limit += place.logits[place.token] - extreme;
    }
    return limit;
  }

  /** What the solver finds, and after how many rounds. */
  Solved solved() {
    TemperatureSolver solver = new TemperatureSolver();
    int rounds = 0;
    while (solver.fit().isEmpty()) {
      solver.accept(solver.wanted().stream().map(this::at).toList());
      rounds++;
    }
    return new Solved(solver.fit().get(), rounds);
  }

  record Solved(TemperatureFit fit, int rounds) {}
}
