package io.ennead.wire;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.ennead.errors.ServingException;
import io.ennead.v1.DataType;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.Tensor;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * Floats to tensors and back: row-major, little-endian, no padding. Encoding copies once, into the
 * array that the message then owns.
 *
 * <p>Whatever comes from the network is checked before anything is allocated for it; what does not
 * fit is a {@link ServingException} that names the field, its value and what was expected.
 */
public final class TensorCodec {
  private TensorCodec() {}

  /**
   * Encodes values as a tensor; F16 and BF16 round to nearest, ties to even.
   *
   * @throws IllegalArgumentException when the shape does not hold so many values, or the type is
   *     not a float type
   */
  public static Tensor encode(float[] values, DataType type, long... shape) {
    requireNonNull(values, "values");
    long expected = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    if (expected != values.length) {
      throw new IllegalArgumentException(
          "values: %d (expected: %d, shape %s)"
              .formatted(values.length, expected, Arrays.toString(shape)));
    }
    Tensor.Builder tensor = Tensor.newBuilder().setDataType(type).setData(bytes(values, type));
    for (long extent : shape) {
      tensor.addShape(extent);
    }
    return tensor.build();
  }

  /** Encodes rows as a matrix, as {@link Rows#write} does. */
  public static Tensor encode(Rows rows, DataType type) {
    ByteBuffer data = allocate(Math.multiplyExact(rows.count(), rows.width()), type);
    for (int row = 0; row < rows.count(); row++) {
      rows.write(row, type, data);
    }
    return Tensor.newBuilder()
        .setDataType(type)
        .addShape(rows.count())
        .addShape(rows.width())
        .setData(UnsafeByteOperations.unsafeWrap(data.array()))
        .build();
  }

  private static ByteString bytes(float[] values, DataType type) {
    ByteBuffer data = allocate(values.length, type);
    FloatElements.write(values, 0, values.length, type, data);
    return UnsafeByteOperations.unsafeWrap(data.array());
  }

  private static ByteBuffer allocate(int elements, DataType type) {
    return ByteBuffer.allocate(Math.multiplyExact(elements, bytesPerElement(type)));
  }

  /**
   * The elements of a tensor of a float type, widened to binary32.
   *
   * @param field where the tensor stands in the request, for the message
   * @throws ServingException TENSOR_DTYPE_MISMATCH or TENSOR_MALFORMED
   */
  public static float[] floats(Tensor tensor, String field) {
    DataType type = tensor.getDataType();
    if (!FloatElements.has(type)) {
      throw dtypeMismatch(tensor, field, "F32, F16 or BF16");
    }
    float[] values = new float[elements(tensor, field)];
    FloatElements.read(tensor.getData().asReadOnlyByteBuffer(), type, values, 0, values.length);
    return values;
  }

  /**
   * The rows of a matrix of a float type. They are read from the tensor's bytes when they are used.
   *
   * @param field where the tensor stands in the request, for the message
   * @throws ServingException TENSOR_SHAPE_MISMATCH, TENSOR_DTYPE_MISMATCH or TENSOR_MALFORMED
   */
  public static Rows rows(Tensor tensor, String field, int width) {
    DataType type = tensor.getDataType();
    if (!FloatElements.has(type)) {
      throw dtypeMismatch(tensor, field, "F32, F16 or BF16");
    }
    requireMatrix(tensor, field, width);
    // A slice: the bytes may lie amid those of a whole message.
    return new TensorRows(tensor.getData().asReadOnlyByteBuffer().slice(), type, width);
  }

  /**
   * The number of elements of a tensor of any type, once its bytes are known to fit its shape.
   *
   * @throws ServingException TENSOR_DTYPE_MISMATCH or TENSOR_MALFORMED
   */
  public static int elements(Tensor tensor, String field) {
    if (!isKnown(tensor.getDataType())) {
      throw dtypeMismatch(tensor, field, "a data type");
    }
    long expected = byteLength(tensor, field);
    int actual = tensor.getData().size();
    if (actual != expected) {
      throw ServingException.field(
          ErrorReason.ERROR_REASON_TENSOR_MALFORMED,
          field + ".data",
          actual + " bytes",
          "%d bytes: %s of %s"
              .formatted(expected, tensor.getShapeList(), label(tensor.getDataType())));
    }
    return actual / bytesPerElement(tensor.getDataType());
  }

  private static long byteLength(Tensor tensor, String field) {
    long length = bytesPerElement(tensor.getDataType());
    for (long extent : tensor.getShapeList()) {
      if (extent < 0) {
        throw malformedShape(tensor, field, "no negative extent");
      }
    }
    try {
      for (long extent : tensor.getShapeList()) {
        length = Math.multiplyExact(length, extent);
      }
      return length;
    } catch (ArithmeticException e) {
      throw malformedShape(tensor, field, "fewer than 2^63 bytes");
    }
  }

  /**
   * The number of rows of a well-formed matrix of the given width.
   *
   * @throws ServingException TENSOR_SHAPE_MISMATCH, TENSOR_DTYPE_MISMATCH or TENSOR_MALFORMED
   */
  public static int requireMatrix(Tensor tensor, String field, int width) {
    List<Long> shape = tensor.getShapeList();
    if (shape.size() != 2 || shape.get(1) != width) {
      throw ServingException.field(
          ErrorReason.ERROR_REASON_TENSOR_SHAPE_MISMATCH,
          field + ".shape",
          shape,
          "[rows, %d]".formatted(width));
    }
    return elements(tensor, field) / width;
  }

  /**
   * Checks that a tensor has one given type.
   *
   * @throws ServingException TENSOR_DTYPE_MISMATCH
   */
  public static void requireType(Tensor tensor, String field, DataType expected) {
    if (tensor.getDataType() != expected) {
      throw dtypeMismatch(tensor, field, label(expected));
    }
  }

  /**
   * Checks that values hold neither NaN nor infinity.
   *
   * @throws ServingException TENSOR_NOT_FINITE, naming the first one
   */
  public static void requireFinite(float[] values, String field) {
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw ServingException.field(
            ErrorReason.ERROR_REASON_TENSOR_NOT_FINITE,
            field,
            "%s at element %d".formatted(values[i], i),
            "finite values");
      }
    }
  }

  /**
   * Bytes of one element.
   *
   * @throws IllegalArgumentException for a type that is not set or not known
   */
  public static int bytesPerElement(DataType type) {
    return switch (type) {
      case DATA_TYPE_I8, DATA_TYPE_U8 -> 1;
      case DATA_TYPE_F16, DATA_TYPE_BF16 -> 2;
      case DATA_TYPE_F32, DATA_TYPE_I32 -> 4;
      case DATA_TYPE_I64 -> 8;
      case DATA_TYPE_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalArgumentException("type: %s (expected: a data type)".formatted(type));
    };
  }

  private static boolean isKnown(DataType type) {
    return type != DataType.DATA_TYPE_UNSPECIFIED && type != DataType.UNRECOGNIZED;
  }

  private static ServingException dtypeMismatch(Tensor tensor, String field, String expected) {
    DataType type = tensor.getDataType();
    return ServingException.field(
        ErrorReason.ERROR_REASON_TENSOR_DTYPE_MISMATCH,
        field + ".data_type",
        type == DataType.UNRECOGNIZED ? tensor.getDataTypeValue() : label(type),
        expected);
  }

  private static ServingException malformedShape(Tensor tensor, String field, String expected) {
    return ServingException.field(
        ErrorReason.ERROR_REASON_TENSOR_MALFORMED,
        field + ".shape",
        tensor.getShapeList(),
        expected);
  }

  private static String label(DataType type) {
    return type.name().replace("DATA_TYPE_", "");
  }
}
