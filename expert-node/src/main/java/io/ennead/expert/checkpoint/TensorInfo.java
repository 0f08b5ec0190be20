package io.ennead.expert.checkpoint;

import java.nio.file.Path;
import java.util.List;

/**
 * Where a tensor lies and what it is. Its bytes are exactly as many as type and shape need.
 *
 * @param name name in the checkpoint
 * @param file the shard that holds it
 * @param type type of every element
 * @param shape extent of each dimension, outermost first; empty for a scalar
 * @param begin offset of the first byte from the start of the file
 * @param end offset after the last byte
 */
public record TensorInfo(
    String name, Path file, ElementType type, List<Long> shape, long begin, long end) {

  /** Refuses a negative extent, a size beyond 2^63 and a byte range of the wrong length. */
  public TensorInfo {
    shape = List.copyOf(shape);
    long expected = byteCount(name, file, type, shape);
    if (begin < 0 || end - begin != expected) {
      throw ModelFormatException.of(
          file,
          "tensor %s, %s %s: bytes".formatted(name, type, shape),
          end - begin,
          Long.toString(expected));
    }
  }

  /** Number of elements. */
  public long elements() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }

  /** Number of bytes. */
  public long bytes() {
    return end - begin;
  }

  /**
   * Refuses an element type whose tensors cannot be read by themselves.
   *
   * @throws ModelFormatException for any but F32, F16 and BF16
   */
  void requireReadable() {
    if (type != ElementType.F32 && type != ElementType.F16 && type != ElementType.BF16) {
      throw ModelFormatException.of(file, "tensor " + name + ": dtype", type, "F32, F16 or BF16");
    }
  }

  private static long byteCount(String name, Path file, ElementType type, List<Long> shape) {
    long bits = type.bits();
    for (long extent : shape) {
      if (extent < 0) {
        throw refuseShape(name, file, shape, "no negative extent");
      }
      try {
        bits = Math.multiplyExact(bits, extent);
      } catch (ArithmeticException e) {
        throw refuseShape(name, file, shape, "less than 2^63 bits");
      }
    }
    if (bits % Byte.SIZE != 0) {
      throw refuseShape(name, file, shape, "whole bytes of " + type);
    }
    return bits / Byte.SIZE;
  }

  private static ModelFormatException refuseShape(
      String name, Path file, List<Long> shape, String expected) {
    return ModelFormatException.of(file, "tensor " + name + ": shape", shape, expected);
  }
}
