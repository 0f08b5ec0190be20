package io.ennead.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.ennead.errors.ServingException;
import io.ennead.v1.DataType;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TensorCodecTest {
  private static final long SEED = 7L;

  @ParameterizedTest
  @EnumSource(names = {"DATA_TYPE_F32", "DATA_TYPE_F16", "DATA_TYPE_BF16"})
  void bytesEqualThoseOfTheSlowWriter(DataType type) throws IOException {
    Random random = new Random(SEED);
    for (int rows : new int[] {0, 1, 2, 3, 7, 33}) {
      for (int width :
          new int[] {1, 3, 5, 64, 127, 4095, 4097}) { // around what is converted at once
        float[] values = random(random, rows * width);
        Tensor tensor = TensorCodec.encode(values, type, rows, width);
        assertThat(tensor.getData().toByteArray())
            .as("%d x %d, seed %d", rows, width, SEED)
            .isEqualTo(slowBytes(values, type));
        assertThat(tensor.getShapeList()).containsExactly((long) rows, (long) width);
      }
    }
  }

  @Test
  void f32ComesBackBitForBit() {
    float[] values = {0f, -0f, Float.NaN, Float.POSITIVE_INFINITY, Float.MIN_VALUE, -1.5f, 3.1f};
    float[] back =
        TensorCodec.floats(TensorCodec.encode(values, DataType.DATA_TYPE_F32, 7), "rows");
    assertThat(bits(back)).isEqualTo(bits(values));
  }

  @ParameterizedTest
  @EnumSource(names = {"DATA_TYPE_F16", "DATA_TYPE_BF16"})
  void shortFormatsComeBackRounded(DataType type) {
    float[] values = random(new Random(SEED), 9999);
    values[0] = -0f;
    values[1] = Float.NaN;
    values[2] = Float.NEGATIVE_INFINITY;
    float[] expected = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      expected[i] = rounded(values[i], type);
    }
    float[] back = TensorCodec.floats(TensorCodec.encode(values, type, 3333, 3), "rows");
    assertThat(bits(back)).as("seed %d", SEED).isEqualTo(bits(expected));
  }

  @Test
  void scalarAndEmptyShapesAreTensors() {
    assertThat(TensorCodec.floats(TensorCodec.encode(new float[] {2}, DataType.DATA_TYPE_F32), "x"))
        .containsExactly(2f);
    assertThat(
            TensorCodec.floats(
                TensorCodec.encode(new float[0], DataType.DATA_TYPE_BF16, 0, 64), "x"))
        .isEmpty();
  }

  @Test
  void encodeRefusesAShapeOfAnotherSize() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TensorCodec.encode(new float[5], DataType.DATA_TYPE_F32, 2, 3))
        .withMessage("values: 5 (expected: 6, shape [2, 3])");
  }

  @Test
  void encodeRefusesIntegerTypes() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TensorCodec.encode(new float[1], DataType.DATA_TYPE_I8, 1))
        .withMessageContaining("DATA_TYPE_I8");
  }

  @ParameterizedTest
  @EnumSource
  void everyKnownTypeHasASizeThatElementsUses(DataType type) {
    if (type == DataType.UNRECOGNIZED || type == DataType.DATA_TYPE_UNSPECIFIED) {
      assertThatIllegalArgumentException().isThrownBy(() -> TensorCodec.bytesPerElement(type));
      return;
    }
    int size = TensorCodec.bytesPerElement(type);
    assertThat(type.name()).contains(Integer.toString(8 * size));
    assertThat(TensorCodec.elements(tensor(type, 15 * size, 3, 5), "x")).isEqualTo(15);
  }

  @ParameterizedTest
  @EnumSource(
      names = {"DATA_TYPE_F32", "DATA_TYPE_F16", "DATA_TYPE_BF16", "UNRECOGNIZED"},
      mode = EnumSource.Mode.EXCLUDE)
  void otherTypesAreNoFloats(DataType type) {
    ServingException error = failure(tensor(type, 4, 1));
    assertThat(error.reason()).isEqualTo(ErrorReason.ERROR_REASON_TENSOR_DTYPE_MISMATCH);
    assertThat(error.metadata())
        .containsEntry("field", "rows.data_type")
        .containsEntry("value", type.name().substring("DATA_TYPE_".length()))
        .containsEntry("expected", "F32, F16 or BF16");
  }

  @Test
  void aTypeFromTheFutureIsRefusedByNumber() {
    Tensor tensor = Tensor.newBuilder().setDataTypeValue(99).build();
    assertThat(failure(tensor)).hasMessageStartingWith("rows.data_type: 99 (expected:");
    assertThatThrownBy(() -> TensorCodec.elements(tensor, "rows"))
        .hasMessageStartingWith("rows.data_type: 99 (expected:");
  }

  @Test
  void bytesThatDoNotFitTheShapeAreRefused() {
    ServingException error = failure(tensor(DataType.DATA_TYPE_F32, 23, 2, 3));
    assertThat(error.reason()).isEqualTo(ErrorReason.ERROR_REASON_TENSOR_MALFORMED);
    assertThat(error).hasMessage("rows.data: 23 bytes (expected: 24 bytes: [2, 3] of F32)");
  }

  @Test
  void negativeExtentsAreRefusedEvenWhenTheProductFits() {
    ServingException error = failure(tensor(DataType.DATA_TYPE_F32, 24, -2, -3));
    assertThat(error.reason()).isEqualTo(ErrorReason.ERROR_REASON_TENSOR_MALFORMED);
    assertThat(error).hasMessage("rows.shape: [-2, -3] (expected: no negative extent)");
  }

  @Test
  void shapesThatOverflowAreRefused() {
    ServingException error = failure(tensor(DataType.DATA_TYPE_F32, 0, 1L << 32, 1L << 32));
    assertThat(error.reason()).isEqualTo(ErrorReason.ERROR_REASON_TENSOR_MALFORMED);
    assertThat(error).hasMessageContaining("rows.shape: [4294967296, 4294967296]");
  }

  @Test
  void aMatrixTellsItsRows() {
    Tensor matrix = TensorCodec.encode(new float[6], DataType.DATA_TYPE_BF16, 2, 3);
    assertThat(TensorCodec.requireMatrix(matrix, "rows", 3)).isEqualTo(2);
  }

  @Test
  void aMatrixOfAnotherWidthOrRankIsRefused() {
    Tensor matrix = TensorCodec.encode(new float[6], DataType.DATA_TYPE_F32, 2, 3);
    assertThatThrownBy(() -> TensorCodec.requireMatrix(matrix, "hidden", 4))
        .isInstanceOfSatisfying(
            ServingException.class,
            e -> assertThat(e.reason()).isEqualTo(ErrorReason.ERROR_REASON_TENSOR_SHAPE_MISMATCH))
        .hasMessage("hidden.shape: [2, 3] (expected: [rows, 4])");
    Tensor vector = TensorCodec.encode(new float[6], DataType.DATA_TYPE_F32, 6);
    assertThatThrownBy(() -> TensorCodec.requireMatrix(vector, "hidden", 6))
        .hasMessage("hidden.shape: [6] (expected: [rows, 6])");
  }

  @Test
  void aMatrixThatLiesAboutItsRowsIsRefused() {
    Tensor huge = tensor(DataType.DATA_TYPE_F32, 0, Integer.MAX_VALUE, 64);
    assertThatThrownBy(() -> TensorCodec.requireMatrix(huge, "hidden", 64))
        .hasMessageContaining("hidden.data: 0 bytes");
  }

  @Test
  void anotherTypeThanTheRequiredIsRefused() {
    Tensor tensor = TensorCodec.encode(new float[1], DataType.DATA_TYPE_F32, 1);
    TensorCodec.requireType(tensor, "rows", DataType.DATA_TYPE_F32);
    assertThatThrownBy(() -> TensorCodec.requireType(tensor, "rows", DataType.DATA_TYPE_BF16))
        .hasMessage("rows.data_type: F32 (expected: BF16)");
  }

  @Test
  void theFirstValueThatIsNotFiniteIsNamed() {
    TensorCodec.requireFinite(new float[] {0, -0f, Float.MAX_VALUE}, "hidden");
    assertThatThrownBy(
            () -> TensorCodec.requireFinite(new float[] {1, Float.NaN, Float.NaN}, "hidden"))
        .hasMessage("hidden: NaN at element 1 (expected: finite values)");
    assertThatThrownBy(
            () -> TensorCodec.requireFinite(new float[] {Float.NEGATIVE_INFINITY}, "hidden"))
        .hasMessage("hidden: -Infinity at element 0 (expected: finite values)");
  }

  private static ServingException failure(Tensor tensor) {
    return catchThrowableOfType(ServingException.class, () -> TensorCodec.floats(tensor, "rows"));
  }

  private static Tensor tensor(DataType type, int bytes, long... shape) {
    return Tensor.newBuilder()
        .setDataType(type)
        .addAllShape(Arrays.stream(shape).boxed().toList())
        .setData(ByteString.copyFrom(new byte[bytes]))
        .build();
  }

  private static float[] random(Random random, int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian() * (random.nextInt(5) == 0 ? 1e-6f : 3);
    }
    return values;
  }

  private static float rounded(float value, DataType type) {
    return type == DataType.DATA_TYPE_BF16
        ? FloatFormats.fromBf16(FloatFormats.toBf16(value))
        : FloatFormats.fromF16(FloatFormats.toF16(value));
  }

  // DataOutputStream is big-endian: the bytes of each element are turned round by hand.
  private static byte[] slowBytes(float[] values, DataType type) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    for (float value : values) {
      switch (type) {
        case DATA_TYPE_F32 -> out.writeInt(Integer.reverseBytes(Float.floatToRawIntBits(value)));
        case DATA_TYPE_F16 -> out.writeShort(Short.reverseBytes(FloatFormats.toF16(value)));
        default -> out.writeShort(Short.reverseBytes(FloatFormats.toBf16(value)));
      }
    }
    return bytes.toByteArray();
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < values.length; i++) {
      bits[i] = Float.floatToIntBits(values[i]);
    }
    return bits;
  }
}
