package io.ennead.router.moe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** Against the sum over all orders, and against finite differences. */
class SetLikelihoodTest {
  private static double[] logits(Random random, int experts) {
    return random.doubles(experts, -4, 4).toArray();
  }

  private static int[] set(Random random, int experts, int k) {
    return random.ints(0, experts).distinct().limit(k).toArray();
  }

  /** P of drawing the set's members in any order, one order after the other. */
  private static double orders(double[] z, int[] set, boolean[] drawn, int count) {
    if (count == set.length) {
      return 1;
    }
    double sum = 0;
    for (int i = 0; i < z.length; i++) {
      sum += drawn[i] ? 0 : Math.exp(z[i]);
    }
    double p = 0;
    for (int expert : set) {
      if (!drawn[expert]) {
        drawn[expert] = true;
        p += Math.exp(z[expert]) / (sumWith(z, drawn, expert)) * orders(z, set, drawn, count + 1);
        drawn[expert] = false;
      }
    }
    assertThat(sum).isPositive();
    return p;
  }

  private static double sumWith(double[] z, boolean[] drawn, int expert) {
    double sum = 0;
    for (int i = 0; i < z.length; i++) {
      sum += drawn[i] && i != expert ? 0 : Math.exp(z[i]);
    }
    return sum;
  }

  @Test
  void itIsTheSumOverAllOrders() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      int experts = 2 + random.nextInt(7);
      int k = 1 + random.nextInt(Math.min(5, experts));
      double[] z = logits(random, experts);
      int[] set = set(random, experts, k);
      assertThat(new SetLikelihood(experts).logProbability(z, set))
          .as("seed %d", seed)
          .isCloseTo(Math.log(orders(z, set, new boolean[experts], 0)), within(1e-10));
    }
  }

  @Test
  void itsGradientIsThatOfFiniteDifferences() {
    double h = 1e-5;
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      int experts = 2 + random.nextInt(12);
      int k = 1 + random.nextInt(Math.min(8, experts));
      double[] z = logits(random, experts);
      int[] set = set(random, experts, k);
      SetLikelihood likelihood = new SetLikelihood(experts);
      double[] gradient = new double[experts];
      likelihood.logProbability(z, set, gradient);
      for (int i = 0; i < experts; i++) {
        double at = z[i];
        z[i] = at + h;
        double above = likelihood.logProbability(z, set);
        z[i] = at - h;
        double below = likelihood.logProbability(z, set);
        z[i] = at;
        assertThat(gradient[i])
            .as("seed %d, expert %d", seed, i)
            .isCloseTo((above - below) / (2 * h), within(1e-6));
      }
    }
  }

  @Test
  void whatIsNeverDrawnHasNoPart() {
    double[] z = {1, Double.NEGATIVE_INFINITY, 0, 2};
    double[] gradient = new double[4];
    SetLikelihood likelihood = new SetLikelihood(4);
    double with = likelihood.logProbability(z, new int[] {0, 3}, gradient);
    assertThat(with)
        .isCloseTo(
            new SetLikelihood(3).logProbability(new double[] {1, 0, 2}, new int[] {0, 2}),
            within(1e-12));
    assertThat(gradient[1]).isZero();
    assertThat(likelihood.logProbability(z, new int[] {0, 1})).isEqualTo(Double.NEGATIVE_INFINITY);
  }
}
