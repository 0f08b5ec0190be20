package io.ennead.wire;

import io.ennead.v1.DataType;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Rows of binary32 numbers, all of one width, wherever they lie: in an array, in the bytes of a
 * message, or scattered over other rows. They are copied only where they are used.
 *
 * <p>What rows are made of must not change any more. Safe for use by several threads.
 */
public interface Rows {

  /** How many there are. */
  int count();

  /** Numbers of each. */
  int width();

  /** Copies a row to {@code target}, from index {@code at}. */
  void read(int row, float[] target, int at);

  /**
   * Appends a row's elements to a little-endian buffer; F16 and BF16 round to nearest, ties to
   * even.
   *
   * @param type F32, F16 or BF16
   */
  void write(int row, DataType type, ByteBuffer target);

  /** Some of these rows, in the order given. */
  default Rows select(int... rows) {
    return new SelectedRows(this, rows);
  }

  /** [count, width]; may be the very array that the rows are made of, so it must not be changed. */
  default float[] toArray() {
    float[] values = new float[Math.multiplyExact(count(), width())];
    for (int row = 0; row < count(); row++) {
      read(row, values, row * width());
    }
    return values;
  }

  /**
   * Rows of an array, which is not copied.
   *
   * @param values [rows, width]
   */
  static Rows of(float[] values, int width) {
    return new ArrayRows(values, width);
  }

  /** Rows one after the other. */
  static Rows join(List<Rows> parts) {
    return parts.size() == 1 ? parts.get(0) : JoinedRows.of(parts);
  }
}
