package io.ennead.learn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.GradientCollector;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.engine.TorchModule;
import io.ennead.expert.pack.PackLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;
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
      assertSlopes(student, weights, batch, objective);
      assertThat(student.managedArrays()).isZero();
    }
  }

  /** Of a pack's experts and rows of the gate, in a model that is frozen. */
  @Test
  void thoseOfNewExpertsAgreeToo() {
    ModelConfig config = TinyModel.of(4, 2);
    PackLayout pack = new PackLayout(config, List.of(0, 1), 2);
    Weights frozen = Weights.random(config, 11);
    Weights weights = Weights.zeros(pack.weights().toList());
    spread(frozen, new Random(5));
    spread(weights, new Random(6));
    Batch batch = new Batch(TinyModel.batch(3, 7, 0, 3).tokens(), List.of(), 2);
    try (Student student = Student.open(config, frozen, pack, 1, DataType.FLOAT64)) {
      int held = student.managedArrays();
      assertSlopes(student, weights, batch, new Objective(0.4, 1, 0.7));
      assertThat(student.managedArrays()).isEqualTo(held);
    }
  }

  private static void assertSlopes(
      Student student, Weights weights, Batch batch, Objective objective) {
    Weights gradients = student.gradients(weights, batch, objective).values();
    assertThat(gradients.names()).isEqualTo(weights.names());
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
  }

  /** Constants of the forward pass must last until the backward pass has read them. */
  @Test
  void collectingGarbageInBetweenChangesNoBit() {
    ModelConfig config = TinyModel.of(4, 2);
    Weights weights = Weights.random(config, 1);
    Batch batch = TinyModel.batch(2, 7, 5, 3);
    Objective objective = new Objective(0.7, 2);
    try (Student student = Student.open(config, 1);
        NDManager manager = TorchModule.startEngine(1).newBaseManager();
        Pass pass =
            Pass.begin(
                manager, NativeWeights.NONE, student.trained(), weights, DataType.FLOAT32, true)) {
      Weights expected = student.gradients(weights, batch, objective).values();
      try (GradientCollector collector = TorchModule.startEngine(1).newGradientCollector()) {
        NDArray total = student.loss(pass, batch, objective).total();
        collectGarbage();
        collector.backward(total);
      }
      Weights gradients = pass.gradients();
      for (String name : weights.names()) {
        assertThat(gradients.get(name)).as(name).isEqualTo(expected.get(name));
      }
    }
  }

  /** Frees direct buffers that nobody refers to, and writes NaN over what they were. */
  private static void collectGarbage() {
    List<ByteBuffer> junk = new ArrayList<>();
    for (int round = 0; round < 5; round++) {
      System.gc();
      for (int i = 0; i < 2000; i++) {
        junk.add(ByteBuffer.allocateDirect(Float.BYTES).putInt(0, -1));
      }
    }
    assertThat(junk).hasSize(10_000);
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
