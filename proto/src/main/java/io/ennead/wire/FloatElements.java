package io.ennead.wire;

import io.ennead.v1.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;

/**
 * Runs of floats in arrays and in little-endian bytes. Conversions run over arrays: single accesses
 * to buffers cost three times as much once a process has used several kinds of buffers.
 */
final class FloatElements {
  /** Elements converted at a time. */
  private static final int BLOCK = 4096;

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
      case DATA_TYPE_BF16, DATA_TYPE_F16 ->
          putHalves(values, from, count, type, room.asShortBuffer());
      default -> throw noFloat(type);
    }
    target.position(target.position() + count * TensorCodec.bytesPerElement(type));
  }

  private static void putHalves(
      float[] values, int from, int count, DataType type, ShortBuffer target) {
    short[] block = new short[Math.min(count, BLOCK)];
    for (int done = 0; done < count; done += block.length) {
      int size = Math.min(count - done, block.length);
      narrow(values, from + done, block, size, type);
      target.put(block, 0, size);
    }
  }

  private static void narrow(float[] values, int from, short[] block, int size, DataType type) {
    if (type == DataType.DATA_TYPE_BF16) {
      for (int i = 0; i < size; i++) {
        block[i] = FloatFormats.toBf16(values[from + i]);
      }
    } else {
      for (int i = 0; i < size; i++) {
        block[i] = FloatFormats.toF16(values[from + i]);
      }
    }
  }

  /** Widens the first {@code count} elements to {@code target}, from index {@code at}. */
  static void read(ByteBuffer source, DataType type, float[] target, int at, int count) {
    ByteBuffer data = source.slice().order(ByteOrder.LITTLE_ENDIAN);
    switch (type) {
      case DATA_TYPE_F32 -> data.asFloatBuffer().get(target, at, count);
      case DATA_TYPE_BF16, DATA_TYPE_F16 ->
          getHalves(data.asShortBuffer(), type, target, at, count);
      default -> throw noFloat(type);
    }
  }

  private static void getHalves(
      ShortBuffer source, DataType type, float[] target, int at, int count) {
    short[] block = new short[Math.min(count, BLOCK)];
    for (int done = 0; done < count; done += block.length) {
      int size = Math.min(count - done, block.length);
      source.get(block, 0, size);
      widen(block, size, type, target, at + done);
    }
  }

  private static void widen(short[] block, int size, DataType type, float[] target, int at) {
    if (type == DataType.DATA_TYPE_BF16) {
      for (int i = 0; i < size; i++) {
        target[at + i] = FloatFormats.fromBf16(block[i]);
      }
    } else {
      for (int i = 0; i < size; i++) {
        target[at + i] = FloatFormats.fromF16(block[i]);
      }
    }
  }

  private static IllegalArgumentException noFloat(DataType type) {
    return new IllegalArgumentException("type: %s (expected: F32, F16 or BF16)".formatted(type));
  }
}
