package io.ennead.expert.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredTensorTest {
  private static final byte[] BYTES = {
    0, 0, (byte) 0x80, 0x3f, 0, 0, 0x20, (byte) 0xc0, 1, 2, 3, 4
  };

  @TempDir private Path directory;

  @Test
  void float32IsReadAsItIs() {
    try (StoredTensor tensor = tensor("F32", 3)) {
      assertThat(read(tensor, 0, 2)).containsExactly(1.0f, -2.5f);
      assertThat(read(tensor, 1, 1)).containsExactly(-2.5f);
    }
  }

  @Test
  void bfloat16IsWidened() {
    try (StoredTensor tensor = tensor("BF16", 6)) {
      assertThat(read(tensor, 0, 4)).containsExactly(0f, 1.0f, 0f, -2.5f);
    }
  }

  @Test
  void halfIsWidened() {
    try (StoredTensor tensor = tensor("F16", 6)) {
      assertThat(read(tensor, 1, 1)).containsExactly(1.875f);
    }
  }

  @Test
  void everyHalfEqualsTheFormulaOfTheStandard() {
    assertEveryPattern("F16", 5, 10);
  }

  @Test
  void everyBfloat16EqualsTheFormulaOfTheStandard() {
    assertEveryPattern("BF16", 8, 7);
  }

  @Test
  void directBuffersAreFilledToo() {
    try (StoredTensor tensor = tensor("F32", 3)) {
      FloatBuffer target = ByteBuffer.allocateDirect(8).asFloatBuffer();
      tensor.read(0, target);
      assertThat(target.get(0)).isEqualTo(1.0f);
      assertThat(target.get(1)).isEqualTo(-2.5f);
    }
  }

  @Test
  void rangesOutsideTheTensorAreRefused() {
    try (StoredTensor tensor = tensor("F32", 3)) {
      assertThatThrownBy(() -> read(tensor, 2, 2)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> read(tensor, -1, 1)).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void readingAfterCloseIsRefused() {
    StoredTensor tensor = tensor("F32", 3);
    tensor.close();
    tensor.close();
    assertThatThrownBy(() -> read(tensor, 0, 1)).hasMessageContaining("cannot be read");
  }

  @Test
  void digestCoversTheStoredBytesOfARun() throws NoSuchAlgorithmException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    try (StoredTensor tensor = tensor("F32", 3)) {
      tensor.digest(digest, 1, 2);
    }
    assertThat(digest.digest())
        .isEqualTo(MessageDigest.getInstance("SHA-256").digest(Arrays.copyOfRange(BYTES, 4, 12)));
  }

  @Test
  void fileThatShrankSinceItsHeaderWasReadIsRefused() throws IOException {
    SafetensorsFile writer = new SafetensorsFile().add("x", "F32", "[3]", BYTES);
    writer.write(file());
    TensorInfo info = SafetensorsHeader.read(file()).get(0);
    try (var raw = new RandomAccessFile(file().toFile(), "rw")) {
      raw.setLength(info.end() - 1);
    }
    try (StoredTensor tensor = new StoredTensor(info)) {
      assertThat(read(tensor, 0, 2)).containsExactly(1.0f, -2.5f);
      assertThatThrownBy(() -> read(tensor, 0, 3))
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining("tensor x: truncated file, bytes");
    }
  }

  @Test
  void tensorsOfAndBeyondTwoGibibytesAreRead() throws IOException {
    long rows = (5L << 30) / 4; // 2.5 GiB of bf16
    String header =
        "{%s,%s}"
            .formatted(
                SafetensorsFile.entry("big", "BF16", "[" + rows + "]", 0, rows * 2),
                SafetensorsFile.entry("late", "F32", "[1]", rows * 2, rows * 2 + 4));
    SafetensorsFile.write(file(), header, new byte[0]);
    long start = 8L + header.getBytes(StandardCharsets.UTF_8).length;
    long window = (1L << 30) / 2;
    // Sparse: only these elements take space. The file's offsets pass 2^31.
    Map<Long, Integer> stored =
        Map.of(
            0L,
            0x3f80,
            window - 1,
            0x4000,
            window,
            0x4040,
            2 * window - 1,
            0x4080,
            2 * window,
            0x40a0,
            rows - 1,
            0x40c0);
    try (var raw = new RandomAccessFile(file().toFile(), "rw")) {
      raw.setLength(start + rows * 2 + 4);
      for (Map.Entry<Long, Integer> element : stored.entrySet()) {
        raw.seek(start + element.getKey() * 2);
        raw.writeShort(Short.reverseBytes(element.getValue().shortValue()));
      }
      raw.seek(start + rows * 2);
      raw.writeInt(Integer.reverseBytes(Float.floatToRawIntBits(0.1f)));
    }
    List<TensorInfo> tensors = SafetensorsHeader.read(file());
    try (StoredTensor big = new StoredTensor(tensors.get(0));
        StoredTensor late = new StoredTensor(tensors.get(1))) {
      assertThat(read(big, 0, 2)).containsExactly(1f, 0f);
      assertThat(read(big, window - 2, 4)).containsExactly(0f, 2f, 3f, 0f);
      assertThat(read(big, 2 * window - 1, 2)).containsExactly(4f, 5f);
      assertThat(read(big, rows - 1, 1)).containsExactly(6f);
      assertThat(read(late, 0, 1)).containsExactly(0.1f);
    }
  }

  private void assertEveryPattern(String dtype, int exponentBits, int fractionBits) {
    ByteBuffer patterns = ByteBuffer.allocate(2 << 16).order(ByteOrder.LITTLE_ENDIAN);
    IntStream.range(0, 1 << 16).forEach(bits -> patterns.putShort((short) bits));
    new SafetensorsFile().add("x", dtype, "[65536]", patterns.array()).write(file());
    try (StoredTensor tensor = new StoredTensor(SafetensorsHeader.read(file()).get(0))) {
      float[] values = read(tensor, 0, 1 << 16);
      for (int bits = 0; bits < 1 << 16; bits++) {
        double expected = value(bits, exponentBits, fractionBits);
        // Exact in binary64, so this is equality of real numbers; -0 differs from 0.
        assertThat(Double.compare(values[bits], expected)).as("bits %04x", bits).isZero();
      }
    }
  }

  /** IEEE 754 section 3.4 in binary64 arithmetic. */
  private static double value(int bits, int exponentBits, int fractionBits) {
    int exponent = (bits >> fractionBits) % (1 << exponentBits);
    double fraction = (bits % (1 << fractionBits)) / (double) (1 << fractionBits);
    double sign = bits < 1 << 15 ? 1 : -1;
    int bias = (1 << (exponentBits - 1)) - 1;
    if (exponent == (1 << exponentBits) - 1) {
      return fraction == 0 ? sign / 0.0 : Double.NaN;
    }
    return exponent == 0
        ? sign * fraction * Math.pow(2, 1 - bias)
        : sign * (1 + fraction) * Math.pow(2, exponent - bias);
  }

  private static float[] read(StoredTensor tensor, long from, int count) {
    float[] values = new float[count];
    tensor.read(from, FloatBuffer.wrap(values));
    return values;
  }

  private StoredTensor tensor(String dtype, int elements) {
    new SafetensorsFile().add("x", dtype, "[" + elements + "]", BYTES).write(file());
    return new StoredTensor(SafetensorsHeader.read(file()).get(0));
  }

  private Path file() {
    return directory.resolve("x.safetensors");
  }
}
