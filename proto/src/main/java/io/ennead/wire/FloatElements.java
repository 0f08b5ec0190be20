package io.ennead.wire;

import io.ennead.v1.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;

/** Runs of floats in arrays and in little-endian bytes. */
final class FloatElements {
  private FloatElements() {}

  static boolean has(DataType type) {
    return type == DataType.DATA_TYPE_F32
        || type == DataType.DATA_TYPE_F16
        || type == DataType.DATA_TYPE_BF16;
  }

  /** Appends {@code count} values from index {@code from}. */
  static void write(float[] values, int from, int count, DataType type, ByteBuffer target) {
    ByteBuffer room = target.slice().order(ByteOrder.LITTLE_ENDIAN);
    switch (type) {
      case DATA_TYPE_F32 -> room.asFloatBuffer().put(values, from, count);
      case DATA_TYPE_BF16 -> putBf16(values, from, count, room.asShortBuffer());
      case DATA_TYPE_F16 -> putF16(values, from, count, room.asShortBuffer());
      default -> throw noFloat(type);
    }
    target.position(target.position() + count * TensorCodec.bytesPerElement(type));
  }

  private static void putBf16(float[] values, int from, int count, ShortBuffer target) {
    for (int i = 0; i < count; i++) {
      target.put(i, FloatFormats.toBf16(values[from + i]));
    }
  }

  private static void putF16(float[] values, int from, int count, ShortBuffer target) {
    for (int i = 0; i < count; i++) {
      target.put(i, FloatFormats.toF16(values[from + i]));
    }
  }

  /** Widens the first {@code count} elements to {@code target}, from index {@code at}. */
  static void read(ByteBuffer source, DataType type, float[] target, int at, int count) {
    ByteBuffer data = source.slice().order(ByteOrder.LITTLE_ENDIAN);
    switch (type) {
      case DATA_TYPE_F32 -> data.asFloatBuffer().get(target, at, count);
      case DATA_TYPE_BF16 -> getBf16(data.asShortBuffer(), target, at, count);
      case DATA_TYPE_F16 -> getF16(data.asShortBuffer(), target, at, count);
      default -> throw noFloat(type);
    }
  }

  private static void getBf16(ShortBuffer source, float[] target, int at, int count) {
    for (int i = 0; i < count; i++) {
      target[at + i] = FloatFormats.fromBf16(source.get(i));
    }
  }

  private static void getF16(ShortBuffer source, float[] target, int at, int count) {
    for (int i = 0; i < count; i++) {
      target[at + i] = FloatFormats.fromF16(source.get(i));
    }
  }

  private static IllegalArgumentException noFloat(DataType type) {
    return new IllegalArgumentException("type: %s (expected: F32, F16 or BF16)".formatted(type));
  }
}
