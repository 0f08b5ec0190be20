package io.ennead.expert.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.expert.architecture.Weight;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Formats that are dequantised when loaded, against their definitions written out plainly. */
class QuantisedStorageTest {
  private static final long SEED = 20261124;

  @TempDir private Path directory;

  @BeforeEach
  void configuration() throws Exception {
    Files.copy(DemoModel.DIRECTORY.resolve("config.json"), directory.resolve("config.json"));
  }

  @Test
  void blockScaledFloat8IsValueTimesScale() {
    int rows = 200;
    int columns = 300; // the last blocks are cut
    byte[] stored = new byte[rows * columns];
    float[] scales = new float[2 * 3];
    Random random = new Random(SEED);
    random.nextBytes(stored);
    for (int i = 0; i < stored.length; i++) {
      stored[i] = (stored[i] & 0x7f) == 0x7f ? 0 : stored[i];
    }
    for (int i = 0; i < scales.length; i++) {
      scales[i] = random.nextFloat() + 0.01f;
    }
    new SafetensorsFile()
        .add("w.weight", "F8_E4M3", "[200,300]", stored)
        .add("w.weight_scale_inv", "F32", "[2,3]", bytes(scales))
        .write(file());
    float[] read = read(Weight.matrix("w.weight", rows, columns), 0, rows * columns);
    for (int i = 0; i < read.length; i++) {
      float scale = scales[i / columns / 128 * 3 + i % columns / 128];
      assertThat(read[i]).as("element %d", i).isEqualTo(e4m3(stored[i] & 0xff) * scale);
    }
    assertThat(read(Weight.matrix("w.weight", rows, columns), 12_345, 1000))
        .containsExactly(Arrays.copyOfRange(read, 12_345, 13_345));
  }

  /** OFP8 specification: S.1111.110 is 448, S.0000.001 is 2^-9. */
  @Test
  void float8HasTheSpecificationsExtremes() {
    byte[] stored = {0x7e, 0x01, (byte) 0xfe, 0x08, 0x38, 0};
    new SafetensorsFile()
        .add("w.weight", "F8_E4M3", "[1,6]", stored)
        .add("w.weight_scale_inv", "F32", "[1,1]", bytes(new float[] {1}))
        .write(file());
    assertThat(read(Weight.matrix("w.weight", 1, 6), 0, 6))
        .containsExactly(448f, 0x1p-9f, -448f, 0x1p-6f, 1f, 0f);
  }

  @Test
  void float8ThatIsNoNumberIsRefusedByItsPlace() {
    new SafetensorsFile()
        .add("w.weight", "F8_E4M3", "[1,3]", new byte[] {0, 0x7f, 0})
        .add("w.weight_scale_inv", "F32", "[1,1]", bytes(new float[] {1}))
        .write(file());
    assertThatThrownBy(() -> read(Weight.matrix("w.weight", 1, 3), 0, 3))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("tensor w.weight: element 1: NaN");
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void float8WithAScaleThatIsNotFiniteIsRefusedByItsPlace(float scale) {
    new SafetensorsFile()
        .add("w.weight", "F8_E4M3", "[1,200]", new byte[200])
        .add("w.weight_scale_inv", "F32", "[1,2]", bytes(new float[] {1, scale}))
        .write(file());
    assertThatThrownBy(() -> read(Weight.matrix("w.weight", 1, 200), 0, 3))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("tensor w.weight_scale_inv: element 1: " + scale);
  }

  @Test
  void float8WithoutScalesIsRefused() {
    new SafetensorsFile().add("w.weight", "F8_E4M3", "[1,3]", new byte[3]).write(file());
    assertThatThrownBy(() -> read(Weight.matrix("w.weight", 1, 3), 0, 3))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("tensor w.weight_scale_inv: missing");
  }

  @Test
  void float8WithScalesOfAnotherShapeIsRefused() {
    new SafetensorsFile()
        .add("w.weight", "F8_E4M3", "[1,3]", new byte[3])
        .add("w.weight_scale_inv", "F32", "[3,1]", bytes(new float[3]))
        .write(file());
    assertThatThrownBy(() -> read(Weight.matrix("w.weight", 1, 3), 0, 3))
        .hasMessageContaining("tensor w.weight_scale_inv: shape: [3, 1] (expected: [1, 1])");
  }

  @Test
  void mxfp4IsNibbleTimesPowerOfTwo() {
    int experts = 3;
    int rows = 5;
    int groups = 7;
    byte[] blocks = new byte[experts * rows * groups * 16];
    byte[] scales = new byte[experts * rows * groups];
    Random random = new Random(SEED);
    random.nextBytes(blocks);
    for (int i = 0; i < scales.length; i++) {
      scales[i] = (byte) (100 + random.nextInt(50));
    }
    new SafetensorsFile()
        .add("w_blocks", "U8", "[3,5,7,16]", blocks)
        .add("w_scales", "U8", "[3,5,7]", scales)
        .write(file());
    Weight weight = Weight.slice("w", experts, 1, rows, groups * 32);
    float[] all = read(weight, 0, experts * rows * groups * 32);
    double[] e2m1 = {0, .5, 1, 1.5, 2, 3, 4, 6};
    for (int i = 0; i < all.length; i++) {
      int nibble = i % 2 == 0 ? blocks[i / 2] & 0xf : (blocks[i / 2] & 0xff) >> 4;
      double value = (nibble < 8 ? 1 : -1) * e2m1[nibble % 8];
      double expected = value * Math.pow(2, (scales[i / 32] & 0xff) - 127);
      assertThat((double) all[i]).as("element %d", i).isEqualTo(expected == 0 ? all[i] : expected);
      assertThat(expected == 0).isEqualTo(all[i] == 0);
    }
    for (int round = 0; round < 200; round++) {
      int from = random.nextInt(all.length);
      int count = random.nextInt(all.length - from);
      assertThat(read(weight, from, count))
          .as("seed %d, from %d, %d elements", SEED, from, count)
          .containsExactly(Arrays.copyOfRange(all, from, from + count));
    }
  }

  @Test
  void mxfp4WithoutScaleIsRefused() {
    byte[] scales = {(byte) 0xff};
    new SafetensorsFile()
        .add("w_blocks", "U8", "[1,1,1,16]", new byte[16])
        .add("w_scales", "U8", "[1,1,1]", scales)
        .write(file());
    assertThatThrownBy(() -> read(Weight.slice("w", 1, 0, 1, 32), 0, 32))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("tensor w_scales: element 0: NaN");
  }

  @Test
  void viewsEqualTheIndexFormula() {
    Random random = new Random(SEED);
    int experts = 3;
    int rows = 40;
    int columns = 26;
    float[] numbers = new float[experts * rows * columns];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = random.nextFloat();
    }
    new SafetensorsFile().add("w", "F32", "[3,40,26]", bytes(numbers)).write(file());
    Weight whole = Weight.slice("w", experts, 2, rows, columns);
    for (Weight view :
        new Weight[] {
          whole,
          whole.everyRow(1, 2, 20),
          whole.everyRow(20, 1, 20),
          whole.transposed(),
          whole.transposed().everyRow(1, 2, 13)
        }) {
      float[] seen = new float[view.rows() * view.columns()];
      new WeightReader(Checkpoint.open(directory))
          .read(
              view,
              (first, count, values) -> {
                FloatBuffer source = values.asFloatBuffer();
                source.get(seen, first * view.columns(), count * view.columns());
              });
      for (int i = 0; i < seen.length; i++) {
        long at =
            view.offset()
                + i / view.columns() * view.rowStride()
                + i % view.columns() * view.columnStride();
        assertThat(seen[i]).as("%s, %d", view, i).isEqualTo(numbers[(int) at]);
      }
    }
    assertThat(whole.transposed().everyRow(1, 2, 13).rowStride()).isEqualTo(2);
  }

  private static float e4m3(int bits) {
    int exponent = bits / 8 % 16;
    double mantissa = bits % 8 / 8.0;
    double value =
        exponent == 0 ? mantissa * Math.pow(2, -6) : (1 + mantissa) * Math.pow(2, exponent - 7);
    return (float) (bits < 128 ? value : -value);
  }

  private static byte[] bytes(float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }

  private float[] read(Weight weight, long from, int count) {
    float[] values = new float[count];
    try (FloatSource source = Checkpoint.open(directory).open(weight)) {
      source.read(from, FloatBuffer.wrap(values));
    }
    return values;
  }

  private Path file() {
    return directory.resolve("model.safetensors");
  }
}
