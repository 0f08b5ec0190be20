package io.ennead.expert.checkpoint;

import io.ennead.wire.FloatFormats;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.security.MessageDigest;
import java.util.Objects;

/** A tensor of F32, F16 or BF16. */
final class StoredTensor implements FloatSource {
  /** Numbers converted at a time, through arrays, which the compiler turns into vector code. */
  private static final int CHUNK = 4096;

  private final TensorBytes bytes;
  private final ElementType type;
  private final int width;
  private final short[] halves = new short[CHUNK];
  private final float[] floats = new float[CHUNK];

  StoredTensor(TensorInfo info) {
    this.type = info.type();
    this.width = type.bits() / Byte.SIZE;
    this.bytes = TensorBytes.open(info);
  }

  @Override
  public void read(long fromElement, FloatBuffer target) {
    Objects.checkFromIndexSize(fromElement, target.remaining(), bytes.info().elements());
    long next = fromElement;
    while (target.hasRemaining()) {
      ByteBuffer chunk = bytes.read(next * width, (long) target.remaining() * width);
      next += chunk.remaining() / width;
      if (type == ElementType.F32) {
        target.put(chunk.asFloatBuffer());
      } else {
        convert(chunk.asShortBuffer(), target);
      }
    }
  }

  private void convert(ShortBuffer source, FloatBuffer target) {
    while (source.hasRemaining()) {
      int count = Math.min(source.remaining(), CHUNK);
      source.get(halves, 0, count);
      if (type == ElementType.BF16) {
        for (int i = 0; i < count; i++) {
          floats[i] = Float.intBitsToFloat(halves[i] << Short.SIZE);
        }
      } else {
        for (int i = 0; i < count; i++) {
          floats[i] = FloatFormats.fromF16(halves[i]);
        }
      }
      target.put(floats, 0, count);
    }
  }

  @Override
  public void digest(MessageDigest digest, long fromElement, long elements) {
    bytes.digest(digest, fromElement * width, elements * width);
  }

  @Override
  public String format() {
    return type.name();
  }

  @Override
  public void close() {
    bytes.close();
  }
}
