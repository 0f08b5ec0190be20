package io.ennead.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.ennead.errors.ServingException;
import io.ennead.v1.DataType;
import io.ennead.v1.Tensor;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RowsTest {
  private static final int WIDTH = 5;

  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);

  @ParameterizedTest
  @EnumSource(names = {"DATA_TYPE_F32", "DATA_TYPE_F16", "DATA_TYPE_BF16"})
  void rowsOfAMessageReadAsItsElements(DataType type) {
    float[] values = values(6);
    Tensor tensor = amid(TensorCodec.encode(values, type, 6, WIDTH));

    Rows rows = TensorCodec.rows(tensor, "rows", WIDTH);

    assertThat(rows.count()).isEqualTo(6);
    assertThat(rows.toArray())
        .as("seed %d", seed)
        .containsExactly(TensorCodec.floats(tensor, "rows"));
  }

  @ParameterizedTest
  @EnumSource(names = {"DATA_TYPE_F32", "DATA_TYPE_F16", "DATA_TYPE_BF16"})
  void rowsEncodeAsTheirNumbersDoWhereverTheyLie(DataType type) {
    float[] values = values(7);
    Tensor expected = TensorCodec.encode(values, type, 7, WIDTH);
    Rows inMessage = TensorCodec.rows(expected, "rows", WIDTH);
    Rows wide =
        TensorCodec.rows(
            TensorCodec.encode(values, DataType.DATA_TYPE_F32, 7, WIDTH), "rows", WIDTH);
    Rows joined = Rows.join(List.of(part(values, 0, 3), part(values, 3, 4), part(values, 4, 7)));
    for (Rows rows : List.of(Rows.of(values, WIDTH), inMessage, wide, joined)) {
      assertThat(TensorCodec.encode(rows, type)).as("seed %d", seed).isEqualTo(expected);
    }
  }

  @Test
  void selectedRowsAreThoseRowsInTheOrderGiven() {
    float[] values = values(9);
    int[] chosen = random.ints(20, 0, 9).toArray();
    float[] expected = new float[chosen.length * WIDTH];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = values[chosen[i / WIDTH] * WIDTH + i % WIDTH];
    }
    Rows joined = Rows.join(List.of(part(values, 0, 4), part(values, 4, 9)));

    for (Rows rows : List.of(Rows.of(values, WIDTH), joined)) {
      assertThat(rows.select(chosen).toArray()).as("seed %d", seed).containsExactly(expected);
    }
    int[] reversed = IntStream.range(0, 20).map(i -> 19 - i).toArray();
    assertThat(joined.select(chosen).select(reversed).select(19).toArray())
        .containsExactly(joined.select(chosen[0]).toArray());
    assertThat(joined.select().count()).isZero();
  }

  @Test
  void writingAppends() {
    Rows rows = Rows.of(new float[] {1, 2, 3, 4}, 2);
    ByteBuffer target = ByteBuffer.allocate(12).putInt(7);

    rows.write(1, DataType.DATA_TYPE_BF16, target);

    assertThat(target.position()).isEqualTo(8);
    assertThat(target.array()).startsWith(0, 0, 0, 7, 0x40, 0x40, 0x80, 0x40);
  }

  @Test
  void whatIsNoMatrixOfFloatsIsRefused() {
    Tensor matrix = TensorCodec.encode(values(2), DataType.DATA_TYPE_F32, 2, WIDTH);
    assertThatThrownBy(() -> TensorCodec.rows(matrix, "rows", 4))
        .isInstanceOf(ServingException.class)
        .hasMessage("rows.shape: [2, 5] (expected: [rows, 4])");
    Tensor bytes = matrix.toBuilder().setDataType(DataType.DATA_TYPE_U8).build();
    assertThatThrownBy(() -> TensorCodec.rows(bytes, "rows", WIDTH))
        .isInstanceOf(ServingException.class)
        .hasMessage("rows.data_type: U8 (expected: F32, F16 or BF16)");
    assertThatThrownBy(() -> Rows.of(new float[7], 2))
        .hasMessage("values: 7 (expected: a multiple of 2)");
  }

  /** The same, its bytes amid others. */
  private static Tensor amid(Tensor tensor) {
    ByteString data = tensor.getData();
    ByteString around = ByteString.copyFrom(new byte[7]).concat(data).concat(data);
    ByteString flat = ByteString.copyFrom(around.toByteArray());
    return tensor.toBuilder().setData(flat.substring(7, 7 + data.size())).build();
  }

  private static Rows part(float[] values, int from, int to) {
    return Rows.of(java.util.Arrays.copyOfRange(values, from * WIDTH, to * WIDTH), WIDTH);
  }

  private float[] values(int rows) {
    float[] values = new float[rows * WIDTH];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
