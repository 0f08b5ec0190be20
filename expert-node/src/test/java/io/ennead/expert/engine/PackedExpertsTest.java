package io.ennead.expert.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ennead.expert.architecture.Activation;
import io.ennead.expert.architecture.GatedFfn;
import io.ennead.expert.architecture.Linear;
import io.ennead.expert.architecture.Weight;
import io.ennead.expert.engine.ExpertEngine.Slice;
import io.ennead.wire.ComputeType;
import io.ennead.wire.Rows;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Experts of shapes that are packed in f32 too, against plain double arithmetic. */
class PackedExpertsTest {
  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);
  private ExpertSlots slots;
  private int hidden;
  private int width;

  /** LARGE has gate and up apart, and widths that are no multiple of what the kernels take. */
  enum Size {
    SMALL,
    LARGE
  }

  @AfterEach
  void close() {
    slots.module().close();
  }

  @ParameterizedTest
  @CsvSource({
    "F32, SILU, LARGE",
    "F32, GELU_TANH, LARGE",
    "BF16, SILU, LARGE",
    "BF16, GELU_TANH, LARGE",
    "F32, SILU, SMALL",
    "F32, GELU_TANH, SMALL",
    "BF16, SILU, SMALL",
    "BF16, GELU_TANH, SMALL"
  })
  void anExpertEqualsTheFormula(ComputeType type, Activation.Kind kind, Size size) {
    open(type, new Activation(kind, 0), size);
    float[] gate = randoms(width * hidden, 1 / Math.sqrt(hidden));
    float[] up = randoms(width * hidden, 1 / Math.sqrt(hidden));
    float[] down = randoms(hidden * width, 1 / Math.sqrt(width));
    int slot = load(gate, up, down);
    float[] row = randoms(hidden, 1);

    float[] output = run(slot, row, new int[1], 1);

    double[] g = product(gate, row, width);
    double[] u = product(up, row, width);
    float[] inner = new float[width];
    for (int i = 0; i < width; i++) {
      inner[i] = (float) (activated(kind, g[i]) * u[i]);
    }
    double[] expected = product(down, inner, hidden);
    double tolerance = type == ComputeType.F32 ? 1e-5 : 0.02; // as in TorchExpertsTest
    assertThat(distance(output, expected)).as("seed %d", seed).isCloseTo(0, within(tolerance));
  }

  @ParameterizedTest
  @CsvSource({
    "F32, 8, LARGE",
    "BF16, 8, LARGE",
    "F32, 64, LARGE",
    "BF16, 64, LARGE",
    "F32, 8, SMALL",
    "F32, 64, SMALL"
  })
  void everyLengthThatTheProbeAllowsGivesTheBitsOfTheTile(ComputeType type, int tile, Size size) {
    EngineOptions options = open(type, Activation.SILU, size);
    int slot =
        load(
            randoms(width * hidden, 0.03),
            randoms(width * hidden, 0.03),
            randoms(hidden * width, 0.03));
    RunLengths runs = new NumericsProbe(slots, options).run().decode();
    float[] rows = randoms(7 * hidden, 1);
    int[] places = random.ints(tile, 0, 7).toArray();
    float[] expected = run(slot, rows, places, 8);
    for (int length : runs.ascending()) {
      int[] others = IntStream.range(0, length).map(i -> places[i % tile]).toArray();
      float[] output = run(slot, rows, others, length);
      for (int i = 0; i < length; i++) {
        assertThat(row(output, i))
            .as("seed %d, place %d of %d", seed, i, length)
            .isEqualTo(row(expected, i % tile));
      }
    }
  }

  @Test
  void theTileIsAlwaysAllowed() {
    EngineOptions options = open(ComputeType.BF16, Activation.SILU, Size.LARGE);
    NumericsProbe.Numerics numerics = new NumericsProbe(slots, options).run();
    assertThat(numerics.decode().ascending()).contains(8).isSorted();
    assertThat(numerics.prefill().ascending()).contains(64).isSorted();
  }

  private EngineOptions open(ComputeType type, Activation activation, Size size) {
    hidden = size == Size.LARGE ? 1032 : 192;
    width = size == Size.LARGE ? 1368 : 384;
    Linear in = new Linear(Weight.matrix("in", width, hidden));
    Linear out = new Linear(Weight.matrix("out", hidden, width));
    EngineOptions options = new EngineOptions("cpu", type, 1, 8, 64, true);
    slots = ExpertSlots.open(options, new GatedFfn(activation, in, in, out));
    return options;
  }

  private int load(float[]... parts) {
    int slot = slots.allocate();
    for (int part = 0; part < parts.length; part++) {
      int columns = part == 2 ? width : hidden;
      int rows = parts[part].length / columns;
      int half = rows / 2 + 1;
      fill(slot, part, 0, half, columns, parts[part]);
      fill(slot, part, half, rows - half, columns, parts[part]);
    }
    return slot;
  }

  private void fill(int slot, int part, int row, int rows, int columns, float[] values) {
    ByteBuffer block =
        ByteBuffer.allocateDirect(rows * columns * Float.BYTES).order(ByteOrder.nativeOrder());
    block.asFloatBuffer().put(FloatBuffer.wrap(values, row * columns, rows * columns));
    slots.fill(slot, part, row, block, rows, columns);
  }

  private float[] run(int slot, float[] rows, int[] places, int length) {
    List<Slice> slices = List.of(new Slice(0, places));
    TilePlan plan = TilePlan.of(slices, new RunLengths(length), expert -> slot);
    return slots.run(plan, Rows.of(rows, hidden)).toArray();
  }

  private float[] randoms(int count, double scale) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextGaussian() * scale);
    }
    return values;
  }

  private float[] row(float[] matrix, int row) {
    return Arrays.copyOfRange(matrix, row * hidden, (row + 1) * hidden);
  }

  private static double activated(Activation.Kind kind, double x) {
    return kind == Activation.Kind.SILU
        ? x / (1 + Math.exp(-x))
        : 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
  }

  private static double[] product(float[] matrix, float[] row, int outputs) {
    double[] result = new double[outputs];
    for (int i = 0; i < matrix.length; i++) {
      result[i / row.length] += (double) matrix[i] * row[i % row.length];
    }
    return result;
  }

  private static double distance(float[] actual, double[] expected) {
    double error = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      error += Math.pow(actual[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    return Math.sqrt(error / norm);
  }
}
