package io.ennead.wire;

import io.ennead.v1.DataType;
import java.nio.ByteBuffer;

/** {@link Rows} in the bytes of a message. */
record TensorRows(ByteBuffer data, DataType type, int width) implements Rows {

  private int bytesPerRow() {
    return width * TensorCodec.bytesPerElement(type);
  }

  private ByteBuffer bytes(int row) {
    return data.slice(row * bytesPerRow(), bytesPerRow());
  }

  @Override
  public int count() {
    return data.limit() / bytesPerRow();
  }

  @Override
  public void read(int row, float[] target, int at) {
    FloatElements.read(bytes(row), type, target, at, width);
  }

  @Override
  public void write(int row, DataType targetType, ByteBuffer target) {
    if (targetType == type) {
      target.put(bytes(row));
      return;
    }
    float[] values = new float[width];
    read(row, values, 0);
    FloatElements.write(values, 0, width, targetType, target);
  }
}
