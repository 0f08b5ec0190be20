package io.ennead.cli.adapt;

import java.util.Arrays;
import java.util.List;

/**
 * Natural policy gradient within a trust region: each step goes along F^-1 g (Kakade 2001; F by
 * layers, damped), so far that the choices' divergence from those that were rated grows by its
 * share of the bound.
 *
 * <p>How far in all depends on how sure the gradient is. With n ratings that have nothing to do
 * with the choices, n g F^-1 g is about the number d of parameters; the bound is multiplied by 1 -
 * d / (n g F^-1 g), or 0 where that is negative (James and Stein 1961). So noise teaches nothing,
 * or next to it.
 *
 * @param mostDivergence KL per choice, in nats
 * @param mostBias of an expert
 * @param damping added to F's diagonal, as a share of its mean: shrinks what is little known
 * @param clip of the importance weights, see {@link Surrogate}
 */
record Adaptation(double mostDivergence, double mostBias, double damping, double clip) {
  private static final int STEPS = 10;

  /** What was learned, and from how much. */
  record Result(Parameters parameters, double signal, double divergence) {}

  /**
   * Learns from examples, at least one.
   *
   * @return signal: the share of the bound that the gradient's certainty allowed, 0 to 1
   */
  Result learn(List<Example> examples) {
    Surrogate surrogate = new Surrogate(examples, clip);
    Parameters parameters = Parameters.zero(examples.get(0).choices().decisions());
    Surrogate.Point point = surrogate.at(parameters);
    double signal = signal(point, examples.size());
    double perStep = signal * mostDivergence * point.choices() / STEPS / STEPS;
    for (int step = 0; step < STEPS && signal > 0; step++) {
      double[] direction = natural(point);
      double curvature = quadratic(point.fisher(), direction);
      if (!(curvature > 0)) {
        break; // every choice is clipped
      }
      parameters = parameters.moved(direction, Math.sqrt(2 * perStep / curvature), mostBias);
      point = surrogate.at(parameters);
    }
    return new Result(parameters, signal, point.divergence());
  }

  /**
   * The positive part of James and Stein's factor; the biases of a layer have one number too many.
   */
  private double signal(Surrogate.Point point, int n) {
    double[] direction = natural(point);
    double product = 0;
    for (int i = 0; i < direction.length; i++) {
      product += direction[i] * point.gradient()[i];
    }
    int d = direction.length - point.fisher().length;
    return product > 0 ? Math.max(0, 1 - d / (n * product)) : 0;
  }

  /** F^-1 g, layer by layer. */
  private double[] natural(Surrogate.Point point) {
    int block = point.fisher()[0].length;
    double[] direction = new double[point.gradient().length];
    for (int place = 0; place < point.fisher().length; place++) {
      double[] g = Arrays.copyOfRange(point.gradient(), place * block, (place + 1) * block);
      double[] solved = Linear.solve(damped(point.fisher()[place]), g);
      System.arraycopy(solved, 0, direction, place * block, block);
    }
    return direction;
  }

  private double[][] damped(double[][] fisher) {
    double trace = 0;
    for (int i = 0; i < fisher.length; i++) {
      trace += fisher[i][i];
    }
    double more = damping * trace / fisher.length + 1e-12;
    double[][] damped = new double[fisher.length][];
    for (int i = 0; i < fisher.length; i++) {
      damped[i] = fisher[i].clone();
      damped[i][i] += more;
    }
    return damped;
  }

  private static double quadratic(double[][][] fisher, double[] direction) {
    int block = fisher[0].length;
    double sum = 0;
    for (int place = 0; place < fisher.length; place++) {
      for (int i = 0; i < block; i++) {
        for (int j = 0; j < block; j++) {
          sum += direction[place * block + i] * fisher[place][i][j] * direction[place * block + j];
        }
      }
    }
    return sum;
  }
}
