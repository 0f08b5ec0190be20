package io.ennead.expert.engine;

import io.ennead.expert.checkpoint.MappedTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Hands a tensor's rows out a few at a time, converted to float32, through one direct buffer:
 * loading needs no second copy of a tensor, and tensors of any size work. Used by one thread.
 */
public final class RowStaging {
  private static final int FLOATS = 1 << 20;

  private final ByteBuffer buffer;

  /** Staging for rows up to {@code widest} numbers. */
  public RowStaging(int widest) {
    this.buffer =
        ByteBuffer.allocateDirect(Math.max(FLOATS, widest) * Float.BYTES)
            .order(ByteOrder.nativeOrder());
  }

  /** Hands out all rows in order. */
  public void copy(MappedTensor tensor, int rows, int columns, Sink sink) {
    int atOnce = buffer.capacity() / Float.BYTES / columns;
    for (int row = 0; row < rows; row += atOnce) {
      int count = Math.min(atOnce, rows - row);
      tensor.readFloats((long) row * columns, buffer.asFloatBuffer().limit(count * columns));
      sink.accept(row, count, buffer);
    }
  }

  /** Takes rows. */
  @FunctionalInterface
  public interface Sink {
    /**
     * Takes {@code count} rows from {@code firstRow} on.
     *
     * @param values begins with them, float32 in the machine's byte order; only valid during the
     *     call
     */
    void accept(int firstRow, int count, ByteBuffer values);
  }
}
