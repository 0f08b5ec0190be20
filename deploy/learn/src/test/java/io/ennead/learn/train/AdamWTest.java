package io.ennead.learn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ennead.learn.model.Objective;
import io.ennead.learn.model.TinyModel;
import io.ennead.learn.model.Weights;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The optimiser against the paper's algorithm 2 in double, and the schedule. */
class AdamWTest {
  private static final String MATRIX = "lm_head.weight";
  private static final String VECTOR = "model.norm.weight";

  @Test
  void updatesAreThoseOfThePaper() {
    TrainingState state = TrainingState.begin(Weights.random(TinyModel.of(1, 1), 1));
    AdamW optimiser = new AdamW(Set.of(MATRIX), 0.1, 1.5);
    Slow matrix = new Slow(state.weights().get(MATRIX)[3], 0.1);
    Slow vector = new Slow(state.weights().get(VECTOR)[3], 0);
    Random random = new Random(2);
    for (int step = 1; step <= 20; step++) {
      Weights gradients = state.weights().zeros();
      gradients.get(MATRIX)[3] = (float) random.nextGaussian();
      gradients.get(VECTOR)[3] = (float) random.nextGaussian();
      double a = gradients.get(MATRIX)[3];
      double b = gradients.get(VECTOR)[3];
      double norm = Math.sqrt(a * a + b * b);
      double factor = Math.min(1, 1.5 / norm);
      double rate = 0.01 * step;
      assertThat(optimiser.update(state, gradients, rate)).isCloseTo(norm, within(1e-6));
      state = state.next();
      matrix.update(a * factor, rate, step);
      vector.update(b * factor, rate, step);
      assertThat((double) state.weights().get(MATRIX)[3]).isCloseTo(matrix.weight, within(1e-5));
      assertThat((double) state.weights().get(VECTOR)[3]).isCloseTo(vector.weight, within(1e-5));
    }
  }

  /** One number. */
  private static final class Slow {
    private final double decay;
    private double weight;
    private double m;
    private double v;

    Slow(double weight, double decay) {
      this.weight = weight;
      this.decay = decay;
    }

    void update(double gradient, double rate, int step) {
      m = 0.9 * m + 0.1 * gradient;
      v = 0.95 * v + 0.05 * gradient * gradient;
      double mean = m / (1 - Math.pow(0.9, step));
      double square = v / (1 - Math.pow(0.95, step));
      weight -= rate * (mean / (Math.sqrt(square) + 1e-8) + decay * weight);
    }
  }

  @Test
  void aGradientThatIsNoNumberStopsTheRun() {
    TrainingState state = TrainingState.begin(Weights.random(TinyModel.of(1, 1), 1));
    Weights gradients = state.weights().zeros();
    gradients.get(VECTOR)[0] = Float.NaN;
    assertThatThrownBy(() -> new AdamW(Set.of(), 0, 1).update(state, gradients, 0.1))
        .isInstanceOf(ArithmeticException.class)
        .hasMessageContaining("step 0: gradient norm NaN");
  }

  @Test
  void theRateWarmsUpAndFallsAsACosine() {
    TrainingOptions options = new TrainingOptions(Objective.HARD, 110, 1, 0.01, 10, 0.1, 0, 1, 0);
    assertThat(options.rate(0)).isCloseTo(0.001, within(1e-12));
    assertThat(options.rate(9)).isCloseTo(0.01, within(1e-12));
    assertThat(options.rate(10)).isCloseTo(0.01, within(1e-12));
    assertThat(options.rate(60)).isCloseTo(0.0055, within(1e-12));
    assertThat(options.rate(109)).isBetween(0.001, 0.00101);
  }
}
