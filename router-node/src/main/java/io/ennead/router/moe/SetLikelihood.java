package io.ennead.router.moe;

import java.util.Arrays;

/**
 * How likely it is that k experts, drawn without replacement from softmax(z), are a given set in
 * whatever order, and how that changes with z. A row's output depends on the set alone, so the
 * orders are summed over (Plackett-Luce; Kool, van Hoof and Welling, ICML 2019): by sets of those
 * that are drawn already, in O(k 2^k) instead of k!. Used by one thread.
 */
public final class SetLikelihood {
  /** Of a set: 4096 subsets. */
  public static final int MAX_EXPERTS = 12;

  private final double[] p;
  private final double[] left = new double[1 << MAX_EXPERTS];
  private final double[] forward = new double[1 << MAX_EXPERTS];
  private final double[] backward = new double[1 << MAX_EXPERTS];

  /** For gates of so many experts. */
  public SetLikelihood(int experts) {
    this.p = new double[experts];
  }

  /**
   * The log-probability of a set.
   *
   * @param z [experts] logits over the temperature; -infinity: never drawn
   * @param set different experts, at most {@value #MAX_EXPERTS}
   * @return -infinity where it cannot be told from 0
   */
  public double logProbability(double[] z, int[] set) {
    softmax(z);
    sum(set);
    return Math.log(forward[(1 << set.length) - 1]);
  }

  /** The same, and d log P / dz written into {@code gradient} [experts]; zeros where P is 0. */
  public double logProbability(double[] z, int[] set, double[] gradient) {
    double log = logProbability(z, set);
    Arrays.fill(gradient, 0);
    if (log == Double.NEGATIVE_INFINITY) {
      return log;
    }
    int full = (1 << set.length) - 1;
    backward(set, full);
    for (int drawn = 0; drawn < full; drawn++) {
      double share = forward[drawn] * backward[drawn] / forward[full] / left[drawn];
      for (int expert = 0; expert < p.length; expert++) {
        gradient[expert] -= share * p[expert];
      }
      for (int i = 0; i < set.length; i++) {
        if ((drawn >> i & 1) == 1) { // is not drawn again
          gradient[set[i]] += share * p[set[i]];
        }
      }
    }
    for (int expert : set) {
      gradient[expert] += 1;
    }
    return log;
  }

  private void softmax(double[] z) {
    double most = Double.NEGATIVE_INFINITY;
    for (double one : z) {
      most = Math.max(most, one);
    }
    double sum = 0;
    for (int expert = 0; expert < p.length; expert++) {
      p[expert] = Math.exp(z[expert] - most);
      sum += p[expert];
    }
    for (int expert = 0; expert < p.length; expert++) {
      p[expert] /= sum;
    }
  }

  /** What is left when a subset is drawn, added up: 1 less the subset would cancel. */
  private void sum(int[] set) {
    int full = (1 << set.length) - 1;
    left[full] = outside(set);
    for (int drawn = full - 1; drawn >= 0; drawn--) {
      int lowest = Integer.numberOfTrailingZeros(~drawn);
      left[drawn] = left[drawn | 1 << lowest] + p[set[lowest]];
    }
    Arrays.fill(forward, 0, full + 1, 0);
    forward[0] = 1;
    for (int drawn = 0; drawn < full; drawn++) {
      for (int i = 0; i < set.length; i++) {
        if ((drawn >> i & 1) == 0 && left[drawn] > 0) {
          forward[drawn | 1 << i] += forward[drawn] * p[set[i]] / left[drawn];
        }
      }
    }
  }

  private double outside(int[] set) {
    double sum = 0;
    for (int expert = 0; expert < p.length; expert++) {
      boolean inside = false;
      for (int one : set) {
        inside |= one == expert;
      }
      sum += inside ? 0 : p[expert];
    }
    return sum;
  }

  private void backward(int[] set, int full) {
    backward[full] = 1;
    for (int drawn = full - 1; drawn >= 0; drawn--) {
      double sum = 0;
      for (int i = 0; i < set.length; i++) {
        if ((drawn >> i & 1) == 0) {
          sum += p[set[i]] / left[drawn] * backward[drawn | 1 << i];
        }
      }
      backward[drawn] = sum;
    }
  }
}
