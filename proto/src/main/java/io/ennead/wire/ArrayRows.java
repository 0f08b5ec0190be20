package io.ennead.wire;

import io.ennead.v1.DataType;
import java.nio.ByteBuffer;

/** {@link Rows} one after the other in an array. */
record ArrayRows(float[] values, int width) implements Rows {

  ArrayRows {
    if (values.length % width != 0) {
      throw new IllegalArgumentException(
          "values: %d (expected: a multiple of %d)".formatted(values.length, width));
    }
  }

  @Override
  public int count() {
    return values.length / width;
  }

  @Override
  public void read(int row, float[] target, int at) {
    System.arraycopy(values, row * width, target, at, width);
  }

  @Override
  public void write(int row, DataType type, ByteBuffer target) {
    FloatElements.write(values, row * width, width, type, target);
  }

  @Override
  public float[] toArray() {
    return values;
  }
}
