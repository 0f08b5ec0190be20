package io.ennead.learn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.types.DataType;
import io.ennead.expert.architecture.ModelConfig;
import java.util.Random;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Gradients of every block and of the loss against central differences, in float64. */
@Timeout(60)
class GradientTest {
  private static final double STEP = 1e-3;
  private static final int COORDINATES = 2;

  @ParameterizedTest
  @CsvSource({
    "1, 1, 5, 0.7, 2", // dense, the most likely tokens
    "4, 2, 5, 1, 4",
    "4, 2, 0, 0.5, 1", // whole rows
    "4, 1, 5, 0, 1" // hard labels alone
  })
  void agreeWithFiniteDifferences(
      int experts, int chosen, int top, double alpha, double temperature) {
    ModelConfig config = TinyModel.of(experts, chosen);
    Weights weights = Weights.random(config, 11);
    spread(weights, new Random(5));
    Batch batch = TinyModel.batch(2, 7, top, 3);
    Objective objective = new Objective(alpha, temperature);
    try (Student student = Student.open(config, 1, DataType.FLOAT64)) {
      Weights gradients = student.gradients(weights, batch, objective).values();
      Random random = new Random(9);
      for (String name : weights.names()) {
        float[] values = weights.get(name);
        for (int i = 0; i < COORDINATES; i++) {
          int at = random.nextInt(values.length);
          double expected =
              slope(values, at, () -> student.losses(weights, batch, objective).total());
          assertThat((double) gradients.get(name)[at])
              .as("%s[%d]", name, at)
              .isCloseTo(expected, within(1e-4 * Math.max(1e-2, Math.abs(expected))));
        }
      }
      assertThat(student.managedArrays()).isZero();
    }
  }

  /** Embedding and head are large enough here for every gradient to be. */
  private static void spread(Weights weights, Random random) {
    for (String name : weights.names()) {
      float[] values = weights.get(name);
      for (int i = 0; i < values.length; i++) {
        values[i] += (float) (0.3 * random.nextGaussian());
      }
    }
  }

  /** Central differences of a step and of half of it, and what they tend to (Richardson). */
  private static double slope(float[] values, int at, DoubleSupplier loss) {
    return (4 * difference(values, at, STEP / 2, loss) - difference(values, at, STEP, loss)) / 3;
  }

  private static double difference(float[] values, int at, double step, DoubleSupplier loss) {
    float value = values[at];
    values[at] = (float) (value + step);
    double right = values[at];
    double above = loss.getAsDouble();
    values[at] = (float) (value - step);
    double left = values[at];
    double below = loss.getAsDouble();
    values[at] = value;
    return (above - below) / (right - left);
  }
}
