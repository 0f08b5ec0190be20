package io.ennead.router.moe;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Draws of two without replacement from softmax(l / T): probabilities of every pair, exactly. */
final class PlackettLuce {
  private PlackettLuce() {}

  /** P({a, b}) = p_a p_b / (1 - p_a) + p_b p_a / (1 - p_b), at [a][b] for a less than b. */
  static double[][] pairs(float[] logits, double t) {
    double[] p = new double[logits.length];
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      p[i] = Math.exp(Double.isInfinite(t) ? 0 : logits[i] / t);
      sum += p[i];
    }
    for (int i = 0; i < p.length; i++) {
      p[i] /= sum;
    }
    double[][] pairs = new double[p.length][p.length];
    for (int a = 0; a < p.length; a++) {
      for (int b = a + 1; b < p.length; b++) {
        pairs[a][b] = p[a] * p[b] / (1 - p[a]) + p[b] * p[a] / (1 - p[b]);
      }
    }
    return pairs;
  }

  /** Cells are joined, rarest first, until each expects at least 5. */
  static double chiSquare(double[][] counts, double[][] expected, int draws) {
    List<double[]> cells = new ArrayList<>(); // count, mean
    for (int a = 0; a < counts.length; a++) {
      for (int b = a + 1; b < counts.length; b++) {
        cells.add(new double[] {counts[a][b], expected[a][b] * draws});
      }
    }
    cells.sort(Comparator.comparingDouble(cell -> cell[1]));
    double chiSquare = 0;
    double count = 0;
    double mean = 0;
    for (double[] cell : cells) {
      count += cell[0];
      mean += cell[1];
      if (mean >= 5) {
        chiSquare += (count - mean) * (count - mean) / mean;
        count = 0;
        mean = 0;
      }
    }
    return chiSquare;
  }
}
