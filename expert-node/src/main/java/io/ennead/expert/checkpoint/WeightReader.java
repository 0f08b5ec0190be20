package io.ennead.expert.checkpoint;

import io.ennead.expert.architecture.Weight;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * Hands weights out a block at a time, converted to float32, through one direct buffer: loading
 * needs no second copy of a tensor, and tensors of any size work. Used by one thread.
 */
public final class WeightReader {
  /** A direct buffer must hold at least one row. */
  private static final int FLOATS = 1 << 20;

  private final Checkpoint checkpoint;
  private final ByteBuffer block =
      ByteBuffer.allocateDirect(FLOATS * Float.BYTES).order(ByteOrder.nativeOrder());

  /** Reads weights of a checkpoint. */
  public WeightReader(Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
  }

  /**
   * Hands out a whole weight, rows ascending.
   *
   * @throws ModelFormatException when it is not there as its record says
   */
  public void read(Weight weight, Sink sink) {
    if (weight.columns() > FLOATS) {
      throw new IllegalArgumentException(
          "columns of %s: %d (expected: at most %d)"
              .formatted(weight.tensor(), weight.columns(), FLOATS));
    }
    try (FloatSource source = checkpoint.open(weight)) {
      if (weight.columnStride() == 1) {
        readRows(source, weight, sink);
      } else {
        readTransposed(source, weight, sink);
      }
    }
  }

  private void readRows(FloatSource source, Weight weight, Sink sink) {
    int atOnce = FLOATS / weight.columns();
    for (int row = 0; row < weight.rows(); row += atOnce) {
      int count = Math.min(atOnce, weight.rows() - row);
      FloatBuffer target = block.asFloatBuffer().limit(count * weight.columns());
      if (weight.rowStride() == weight.columns()) {
        source.read(weight.offset() + row * weight.rowStride(), target);
      } else {
        for (int i = 0; i < count; i++) {
          FloatBuffer one = target.slice(i * weight.columns(), weight.columns());
          source.read(weight.offset() + (row + i) * weight.rowStride(), one);
        }
      }
      sink.accept(row, count, block);
    }
  }

  /**
   * A column of the weight is a run of the tensor, maybe with gaps: every pass over the columns
   * collects as many rows as the buffer holds.
   */
  private void readTransposed(FloatSource source, Weight weight, Sink sink) {
    int columns = weight.columns();
    int atOnce = Math.min(FLOATS / columns, weight.rows());
    float[] run = new float[Math.toIntExact((atOnce - 1) * weight.rowStride() + 1)];
    for (int row = 0; row < weight.rows(); row += atOnce) {
      int count = Math.min(atOnce, weight.rows() - row);
      FloatBuffer target = block.asFloatBuffer();
      int length = (int) ((count - 1) * weight.rowStride() + 1);
      for (int column = 0; column < columns; column++) {
        long first = row * weight.rowStride() + column * weight.columnStride();
        source.read(weight.offset() + first, FloatBuffer.wrap(run, 0, length));
        for (int i = 0; i < count; i++) {
          target.put(i * columns + column, run[(int) (i * weight.rowStride())]);
        }
      }
      sink.accept(row, count, block);
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
