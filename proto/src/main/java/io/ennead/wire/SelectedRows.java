package io.ennead.wire;

import io.ennead.v1.DataType;
import java.nio.ByteBuffer;

/** Some rows of others, by index. */
record SelectedRows(Rows all, int[] indices) implements Rows {

  @Override
  public int count() {
    return indices.length;
  }

  @Override
  public int width() {
    return all.width();
  }

  @Override
  public void read(int row, float[] target, int at) {
    all.read(indices[row], target, at);
  }

  @Override
  public void write(int row, DataType type, ByteBuffer target) {
    all.write(indices[row], type, target);
  }
}
