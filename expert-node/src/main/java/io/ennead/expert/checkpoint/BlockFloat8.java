package io.ennead.expert.checkpoint;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.security.MessageDigest;
import java.util.List;

/**
 * A matrix of F8_E4M3 whose blocks of {@value #BLOCK} x {@value #BLOCK} numbers have a scale each,
 * as DeepSeek-V3 publishes them: a number is its 8-bit value times {@code weight_scale_inv} of its
 * block (deepseek-ai/DeepSeek-V3, inference/kernel.py, weight_dequant).
 */
final class BlockFloat8 implements FloatSource {
  /** Rows and columns that share a scale. */
  static final int BLOCK = 128;

  private static final float[] VALUES = values();

  private final TensorBytes bytes;
  private final TensorBytes scaleBytes;
  private final long columns;
  private final long blocksPerRow;
  private final float[] scales;

  /** Scales are few: they are read at once. */
  BlockFloat8(TensorInfo info, TensorInfo scaleInfo) {
    this.columns = info.shape().get(1);
    this.blocksPerRow = scaleInfo.shape().get(1);
    this.scales = readScales(scaleInfo);
    this.scaleBytes = TensorBytes.open(scaleInfo);
    this.bytes = TensorBytes.open(info);
  }

  private static float[] readScales(TensorInfo info) {
    float[] scales = new float[Math.toIntExact(info.elements())];
    try (StoredTensor source = new StoredTensor(info)) {
      source.read(0, FloatBuffer.wrap(scales));
    }
    for (int i = 0; i < scales.length; i++) {
      if (!Float.isFinite(scales[i])) {
        throw ModelFormatException.of(
            info.file(),
            "tensor %s: element %d".formatted(info.name(), i),
            scales[i],
            "a finite number");
      }
    }
    return scales;
  }

  /** Name of the scales of a tensor. */
  static String scaleName(String tensor) {
    return tensor + "_scale_inv";
  }

  /** Shape of the scales of a matrix. */
  static List<Long> scaleShape(List<Long> shape) {
    return shape.stream().map(extent -> (extent + BLOCK - 1) / BLOCK).toList();
  }

  @Override
  public void read(long fromElement, FloatBuffer target) {
    long next = fromElement;
    while (target.hasRemaining()) {
      ByteBuffer chunk = bytes.read(next, target.remaining());
      while (chunk.hasRemaining()) {
        next += readRun(next, chunk, target);
      }
    }
  }

  /** Reads on to the end of the row's block or of the chunk. */
  private int readRun(long from, ByteBuffer chunk, FloatBuffer target) {
    long row = from / columns;
    long column = from % columns;
    long end = Math.min(columns, (column / BLOCK + 1) * BLOCK);
    int count = (int) Math.min(end - column, chunk.remaining());
    float scale = scales[(int) (row / BLOCK * blocksPerRow + column / BLOCK)];
    for (int i = 0; i < count; i++) {
      float value = VALUES[chunk.get() & 0xff];
      if (Float.isNaN(value)) {
        throw ModelFormatException.of(
            bytes.info().file(),
            "tensor %s: element %d".formatted(bytes.info().name(), from + i),
            "NaN",
            "a number");
      }
      target.put(value * scale);
    }
    return count;
  }

  @Override
  public void digest(MessageDigest digest, long fromElement, long elements) {
    bytes.digest(digest, fromElement, elements);
    long firstBlockRow = fromElement / columns / BLOCK;
    long lastBlockRow = (fromElement + elements - 1) / columns / BLOCK;
    scaleBytes.digest(
        digest,
        firstBlockRow * blocksPerRow * Float.BYTES,
        (lastBlockRow - firstBlockRow + 1) * blocksPerRow * Float.BYTES);
  }

  /** E4M3 without infinities: bias 7, all ones is NaN (Micikevicius et al. 2022, table 1). */
  private static float[] values() {
    float[] values = new float[256];
    for (int bits = 0; bits < values.length; bits++) {
      int exponent = bits >> 3 & 0xf;
      int mantissa = bits & 0x7;
      double magnitude =
          exponent == 0 ? mantissa * 0x1p-9 : (1 + mantissa / 8.0) * Math.scalb(1.0, exponent - 7);
      boolean none = exponent == 0xf && mantissa == 0x7;
      values[bits] = none ? Float.NaN : (float) (bits < 128 ? magnitude : -magnitude);
    }
    return values;
  }

  @Override
  public String format() {
    return "F8_E4M3";
  }

  @Override
  public void close() {
    bytes.close();
    scaleBytes.close();
  }
}
