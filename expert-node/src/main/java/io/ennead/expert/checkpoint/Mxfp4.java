package io.ennead.expert.checkpoint;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A tensor [.., rows, groups * 32] of MXFP4 as gpt-oss publishes it: {@code _blocks} U8 [.., rows,
 * groups, 16] holds two 4-bit floats per byte, the low half first, and {@code _scales} U8 [..,
 * rows, groups] one power of two per group, biased by 127 (OCP Microscaling Formats 1.0, 6.3;
 * openai/gpt-oss, torch/weights.py).
 */
final class Mxfp4 implements FloatSource {
  private static final int GROUP = 32;
  private static final int GROUP_BYTES = GROUP / 2;
  private static final int SCALE_BIAS = 127;
  private static final int NO_SCALE = 0xff;

  /** E2M1: sign, two bits of exponent, one of mantissa. */
  private static final float[] VALUES = {
    0f, 0.5f, 1f, 1.5f, 2f, 3f, 4f, 6f, -0f, -0.5f, -1f, -1.5f, -2f, -3f, -4f, -6f
  };

  private final TensorBytes blocks;
  private final TensorBytes scales;

  Mxfp4(TensorInfo blocks, TensorInfo scales) {
    this.blocks = TensorBytes.open(blocks);
    this.scales = TensorBytes.open(scales);
  }

  static String blocksName(String tensor) {
    return tensor + "_blocks";
  }

  static String scalesName(String tensor) {
    return tensor + "_scales";
  }

  /** Shape of the scales of a tensor; its last extent is a multiple of the group. */
  static List<Long> scalesShape(List<Long> shape) {
    List<Long> scales = new ArrayList<>(shape);
    scales.set(shape.size() - 1, shape.get(shape.size() - 1) / GROUP);
    return scales;
  }

  /** Shape of the blocks of a tensor. */
  static List<Long> blocksShape(List<Long> shape) {
    List<Long> blocks = new ArrayList<>(scalesShape(shape));
    blocks.add((long) GROUP_BYTES);
    return blocks;
  }

  static boolean divides(List<Long> shape) {
    return shape.get(shape.size() - 1) % GROUP == 0;
  }

  @Override
  public void read(long fromElement, FloatBuffer target) {
    Objects.checkFromIndexSize(fromElement, target.remaining(), 2 * blocks.info().bytes());
    float[] group = new float[GROUP];
    long next = fromElement;
    while (target.hasRemaining()) {
      long firstGroup = next / GROUP;
      long groups = (next % GROUP + target.remaining() + GROUP - 1) / GROUP;
      ByteBuffer packed = blocks.read(firstGroup * GROUP_BYTES, groups * GROUP_BYTES);
      long whole = packed.remaining() / GROUP_BYTES;
      ByteBuffer exponents = scales.read(firstGroup, whole);
      whole = Math.min(whole, exponents.remaining());
      for (int i = 0; i < whole && target.hasRemaining(); i++) {
        unpack(packed, scale(exponents.get(), firstGroup + i), group);
        int skip = (int) (next % GROUP);
        int count = Math.min(GROUP - skip, target.remaining());
        target.put(group, skip, count);
        next += count;
      }
    }
  }

  private static void unpack(ByteBuffer packed, float scale, float[] group) {
    for (int i = 0; i < GROUP_BYTES; i++) {
      int both = packed.get() & 0xff;
      group[2 * i] = VALUES[both & 0xf] * scale;
      group[2 * i + 1] = VALUES[both >> 4] * scale;
    }
  }

  private float scale(byte stored, long group) {
    int exponent = stored & 0xff;
    if (exponent == NO_SCALE) {
      throw ModelFormatException.of(
          scales.info().file(),
          "tensor %s: element %d".formatted(scales.info().name(), group),
          "NaN",
          "a power of two");
    }
    return (float) Math.scalb(1.0, exponent - SCALE_BIAS);
  }

  /** Runs begin and end with a group. */
  @Override
  public void digest(MessageDigest digest, long fromElement, long elements) {
    long groups = (fromElement + elements + GROUP - 1) / GROUP - fromElement / GROUP;
    blocks.digest(digest, fromElement / GROUP * GROUP_BYTES, groups * GROUP_BYTES);
    scales.digest(digest, fromElement / GROUP, groups);
  }

  @Override
  public String format() {
    return "MXFP4";
  }

  @Override
  public void close() {
    blocks.close();
    scales.close();
  }
}
