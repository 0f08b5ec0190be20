package io.ennead.router.api.kserve;

import com.google.protobuf.ByteString;
import io.ennead.errors.ServingException;
import io.ennead.v1.ErrorReason;
import io.ennead.wire.FloatFormats;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A tensor of a request or a response, in the raw form. Its bytes fit its type and shape.
 *
 * @param shape extent of each dimension, outermost first
 * @param raw elements, row-major, little-endian; byte strings each behind its length as UINT32
 */
record InferTensor(String name, Datatype datatype, List<Long> shape, ByteString raw) {
  /** Copies the shape. */
  InferTensor {
    shape = List.copyOf(shape);
  }

  /**
   * A tensor that somebody sent.
   *
   * @throws ServingException TENSOR_MALFORMED when the bytes do not fit type and shape
   */
  static InferTensor checked(String name, Datatype datatype, List<Long> shape, ByteString raw) {
    InferTensor tensor = new InferTensor(name, datatype, shape, raw);
    long elements = tensor.elements();
    if (datatype == Datatype.BYTES) {
      tensor.requireByteStrings(elements);
    } else if (raw.size() % datatype.bytes() != 0 || raw.size() / datatype.bytes() != elements) {
      throw tensor.malformed(raw.size() + " bytes", "%s of %s".formatted(shape, datatype));
    }
    return tensor;
  }

  /** The product of the shape. */
  private long elements() {
    if (shape.stream().anyMatch(extent -> extent < 0)) {
      throw shapeRefused("no negative extent");
    }
    try {
      return shape.stream().reduce(1L, Math::multiplyExact);
    } catch (ArithmeticException e) {
      throw shapeRefused("fewer than 2^63 elements");
    }
  }

  private void requireByteStrings(long expected) {
    ByteBuffer buffer = buffer();
    long found = 0;
    while (buffer.hasRemaining()) {
      if (buffer.remaining() < Integer.BYTES) {
        throw malformed(buffer.remaining() + " bytes at the end", "4 of a length");
      }
      long length = Integer.toUnsignedLong(buffer.getInt());
      if (length > buffer.remaining()) {
        throw malformed(
            "length %d at element %d".formatted(length, found),
            "at most the %d bytes left".formatted(buffer.remaining()));
      }
      buffer.position(buffer.position() + (int) length);
      found++;
    }
    if (found != expected) {
      throw malformed(found + " byte strings", "%d: shape %s".formatted(expected, shape));
    }
  }

  private ServingException malformed(String value, String expected) {
    return ServingException.field(
        ErrorReason.ERROR_REASON_TENSOR_MALFORMED, name + ".data", value, expected);
  }

  /** Says that the shape is not one that this tensor may have. */
  ServingException shapeRefused(String expected) {
    return ServingException.field(
        ErrorReason.ERROR_REASON_TENSOR_SHAPE_MISMATCH, name + ".shape", shape, expected);
  }

  /** The elements' bytes from 0 on, little-endian. */
  ByteBuffer buffer() {
    return raw.asReadOnlyByteBuffer().slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The number of elements. */
  int count() {
    return Math.toIntExact(elements());
  }

  /** One element of an integer type, or 0 and 1 of a BOOL; UINT64 as its bits. */
  long integer(int index) {
    ByteBuffer buffer = buffer();
    int at = index * datatype.bytes();
    return switch (datatype) {
      case BOOL -> buffer.get(at) == 0 ? 0 : 1;
      case INT8 -> buffer.get(at);
      case UINT8 -> Byte.toUnsignedLong(buffer.get(at));
      case INT16 -> buffer.getShort(at);
      case UINT16 -> Short.toUnsignedLong(buffer.getShort(at));
      case INT32 -> buffer.getInt(at);
      case UINT32 -> Integer.toUnsignedLong(buffer.getInt(at));
      case INT64, UINT64 -> buffer.getLong(at);
      case FP16, FP32, FP64, BF16, BYTES -> throw unlike("an integer type");
    };
  }

  /** One element of a floating-point type. */
  double number(int index) {
    ByteBuffer buffer = buffer();
    int at = index * datatype.bytes();
    return switch (datatype) {
      case FP16 -> FloatFormats.fromF16(buffer.getShort(at));
      case BF16 -> FloatFormats.fromBf16(buffer.getShort(at));
      case FP32 -> buffer.getFloat(at);
      case FP64 -> buffer.getDouble(at);
      case BOOL, INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64, BYTES ->
          throw unlike("a floating-point type");
    };
  }

  private IllegalStateException unlike(String expected) {
    return new IllegalStateException("type: %s (expected: %s)".formatted(datatype, expected));
  }

  /** All elements of a tensor of byte strings. */
  List<ByteString> byteStrings() {
    ByteBuffer buffer = buffer();
    List<ByteString> elements = new ArrayList<>();
    while (buffer.hasRemaining()) {
      int length = buffer.getInt();
      elements.add(raw.substring(buffer.position(), buffer.position() + length));
      buffer.position(buffer.position() + length);
    }
    return elements;
  }

  /**
   * The same as texts.
   *
   * @throws ServingException INVALID_FIELD for what is not UTF-8
   */
  List<String> texts() {
    return byteStrings().stream().map(this::text).toList();
  }

  private String text(ByteString bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes.asReadOnlyByteBuffer()).toString();
    } catch (CharacterCodingException e) {
      throw ServingException.invalidField(name, "bytes that are not UTF-8", "UTF-8");
    }
  }
}
