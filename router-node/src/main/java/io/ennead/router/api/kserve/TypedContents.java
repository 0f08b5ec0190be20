package io.ennead.router.api.kserve;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import inference.InferTensorContents;
import io.ennead.errors.ServingException;
import io.ennead.v1.ErrorReason;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

/**
 * Elements in typed lists, to and from the raw form: row-major, little-endian, byte strings behind
 * their length. FP16 and BF16 have no list.
 */
final class TypedContents {
  private TypedContents() {}

  /**
   * The raw form.
   *
   * @param tensor its name, for the message
   * @throws ServingException TENSOR_MALFORMED for elements in a list of another type, or out of the
   *     type's range
   */
  static ByteString raw(InferTensorContents all, Datatype type, String tensor) {
    return switch (type) {
      case BOOL -> bools(only(all.getBoolContentsList(), all, type, tensor));
      case INT8, INT16, INT32 ->
          ints(only(all.getIntContentsList(), all, type, tensor), type, tensor);
      case UINT8, UINT16, UINT32 ->
          unsigned(only(all.getUintContentsList(), all, type, tensor), type, tensor);
      case INT64 -> longs(only(all.getInt64ContentsList(), all, type, tensor));
      case UINT64 -> longs(only(all.getUint64ContentsList(), all, type, tensor));
      case FP32 -> floats(only(all.getFp32ContentsList(), all, type, tensor));
      case FP64 -> doubles(only(all.getFp64ContentsList(), all, type, tensor));
      case BYTES -> byteStrings(only(all.getBytesContentsList(), all, type, tensor));
      case FP16, BF16 -> throw rawOnly(type, tensor);
    };
  }

  /** The list of a type, beside which no other may have elements. */
  private static <T> List<T> only(
      List<T> own, InferTensorContents contents, Datatype type, String tensor) {
    int all =
        Stream.<List<?>>of(
                contents.getBoolContentsList(),
                contents.getIntContentsList(),
                contents.getInt64ContentsList(),
                contents.getUintContentsList(),
                contents.getUint64ContentsList(),
                contents.getFp32ContentsList(),
                contents.getFp64ContentsList(),
                contents.getBytesContentsList())
            .mapToInt(List::size)
            .sum();
    if (all > own.size()) {
      throw malformed(tensor, "elements of another type", "elements of " + type + " alone");
    }
    return own;
  }

  private static ServingException rawOnly(Datatype type, String tensor) {
    return malformed(tensor, type, "another type, or raw_input_contents");
  }

  private static ServingException malformed(String tensor, Object value, String expected) {
    return ServingException.field(
        ErrorReason.ERROR_REASON_TENSOR_MALFORMED, tensor + ".contents", value, expected);
  }

  /** Little-endian. */
  static ByteBuffer room(int elements, int bytes) {
    return ByteBuffer.allocate(Math.multiplyExact(elements, bytes)).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static ByteString written(ByteBuffer buffer) {
    return UnsafeByteOperations.unsafeWrap(buffer.array());
  }

  private static ByteString bools(List<Boolean> values) {
    ByteBuffer buffer = room(values.size(), 1);
    values.forEach(value -> buffer.put((byte) (value ? 1 : 0)));
    return written(buffer);
  }

  private static ByteString ints(List<Integer> values, Datatype type, String tensor) {
    ByteBuffer buffer = room(values.size(), type.bytes());
    int unused = 32 - 8 * type.bytes();
    for (int value : values) {
      if (value << unused >> unused != value) {
        throw malformed(tensor, value, "elements in the range of " + type);
      }
      put(buffer, value, type.bytes());
    }
    return written(buffer);
  }

  private static ByteString unsigned(List<Integer> values, Datatype type, String tensor) {
    ByteBuffer buffer = room(values.size(), type.bytes());
    int unused = 32 - 8 * type.bytes();
    for (int value : values) {
      if (value << unused >>> unused != value) {
        throw malformed(
            tensor, Integer.toUnsignedString(value), "elements in the range of " + type);
      }
      put(buffer, value, type.bytes());
    }
    return written(buffer);
  }

  private static void put(ByteBuffer buffer, int value, int bytes) {
    for (int shift = 0; shift < 8 * bytes; shift += 8) {
      buffer.put((byte) (value >>> shift));
    }
  }

  private static ByteString longs(List<Long> values) {
    ByteBuffer buffer = room(values.size(), Long.BYTES);
    values.forEach(buffer::putLong);
    return written(buffer);
  }

  private static ByteString floats(List<Float> values) {
    ByteBuffer buffer = room(values.size(), Float.BYTES);
    for (float value : values) {
      buffer.putInt(Float.floatToRawIntBits(value));
    }
    return written(buffer);
  }

  private static ByteString doubles(List<Double> values) {
    ByteBuffer buffer = room(values.size(), Double.BYTES);
    for (double value : values) {
      buffer.putLong(Double.doubleToRawLongBits(value));
    }
    return written(buffer);
  }

  /** Byte strings in the raw form. */
  static ByteString byteStrings(List<ByteString> values) {
    long size = values.stream().mapToLong(value -> 4L + value.size()).sum();
    ByteBuffer buffer = room(Math.toIntExact(size), 1);
    for (ByteString value : values) {
      buffer.putInt(value.size());
      value.copyTo(buffer);
    }
    return written(buffer);
  }

  /** Elements in the raw form as a typed list; not for FP16 and BF16. */
  static InferTensorContents typed(InferTensor tensor) {
    InferTensorContents.Builder contents = InferTensorContents.newBuilder();
    int count = tensor.count();
    switch (tensor.datatype()) {
      case BYTES -> contents.addAllBytesContents(tensor.byteStrings());
      case FP32 -> {
        FloatBuffer values = tensor.buffer().asFloatBuffer(); // a layer's output may be large
        each(count, i -> contents.addFp32Contents(values.get(i)));
      }
      case FP64 -> each(count, i -> contents.addFp64Contents(tensor.number(i)));
      case BOOL -> each(count, i -> contents.addBoolContents(tensor.integer(i) != 0));
      case INT64 -> each(count, i -> contents.addInt64Contents(tensor.integer(i)));
      case UINT64 -> each(count, i -> contents.addUint64Contents(tensor.integer(i)));
      case INT8, INT16, INT32 -> each(count, i -> contents.addIntContents((int) tensor.integer(i)));
      case UINT8, UINT16, UINT32 ->
          each(count, i -> contents.addUintContents((int) tensor.integer(i)));
      case FP16, BF16 ->
          throw new IllegalArgumentException(
              "type: %s (expected: one that has a list)".formatted(tensor.datatype()));
    }
    return contents.build();
  }

  private static void each(int count, IntConsumer action) {
    for (int i = 0; i < count; i++) {
      action.accept(i);
    }
  }
}
