package io.ennead.wire;

import io.ennead.v1.DataType;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * Rows of several parts, one after the other.
 *
 * @param part which part each row is in
 * @param row which row of its part it is
 */
record JoinedRows(List<Rows> parts, int[] part, int[] row) implements Rows {

  static JoinedRows of(List<Rows> parts) {
    int count = parts.stream().mapToInt(Rows::count).sum();
    JoinedRows joined = new JoinedRows(List.copyOf(parts), new int[count], new int[count]);
    int at = 0;
    for (int i = 0; i < parts.size(); i++) {
      int end = at + parts.get(i).count();
      Arrays.fill(joined.part, at, end, i);
      for (int row = 0; at < end; row++) {
        joined.row[at++] = row;
      }
    }
    return joined;
  }

  @Override
  public int count() {
    return part.length;
  }

  @Override
  public int width() {
    return parts.get(0).width();
  }

  @Override
  public void read(int index, float[] target, int at) {
    parts.get(part[index]).read(row[index], target, at);
  }

  @Override
  public void write(int index, DataType type, ByteBuffer target) {
    parts.get(part[index]).write(row[index], type, target);
  }
}
