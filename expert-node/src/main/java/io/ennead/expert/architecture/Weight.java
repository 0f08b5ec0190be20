package io.ennead.expert.architecture;

import java.util.List;

/**
 * A matrix, or a vector as a matrix of one column, and where its numbers lie in a tensor of the
 * checkpoint: element (row, column) is number {@code offset + row * rowStride + column *
 * columnStride} of the tensor in row-major order. One tensor may hold many weights (all experts,
 * gate and up interleaved) and may hold them transposed.
 *
 * @param tensor name in the checkpoint
 * @param storedShape the tensor's shape as numbers, before any packing of quantised ones
 * @param offset number of the first element
 * @param rowStride distance from a row to the next
 * @param columnStride distance from a column to the next
 * @param rows outputs of a linear map, or length of a vector
 * @param columns inputs of a linear map; 1 for a vector
 */
public record Weight(
    String tensor,
    List<Long> storedShape,
    long offset,
    long rowStride,
    long columnStride,
    int rows,
    int columns) {

  /** Copies the shape. */
  public Weight {
    storedShape = List.copyOf(storedShape);
  }

  /** A whole tensor [rows, columns]. */
  public static Weight matrix(String tensor, int rows, int columns) {
    return new Weight(tensor, List.of((long) rows, (long) columns), 0, columns, 1, rows, columns);
  }

  /** A whole tensor [length]. */
  public static Weight vector(String tensor, int length) {
    return new Weight(tensor, List.of((long) length), 0, 1, 1, length, 1);
  }

  /** Matrix {@code index} of a tensor [count, rows, columns]. */
  public static Weight slice(String tensor, int count, int index, int rows, int columns) {
    return new Weight(
        tensor,
        List.of((long) count, (long) rows, (long) columns),
        (long) index * rows * columns,
        columns,
        1,
        rows,
        columns);
  }

  /** Row {@code index} of a tensor [count, length], as a vector. */
  public static Weight vectorSlice(String tensor, int count, int index, int length) {
    return new Weight(
        tensor, List.of((long) count, (long) length), (long) index * length, 1, 1, length, 1);
  }

  /** The same numbers read the other way: a matrix stored as [inputs, outputs]. */
  public Weight transposed() {
    return new Weight(tensor, storedShape, offset, columnStride, rowStride, columns, rows);
  }

  /** Rows {@code first}, {@code first + step} and so on, {@code count} of them. */
  public Weight everyRow(int first, int step, int count) {
    if (first < 0 || step < 1 || first + (long) (count - 1) * step >= rows) {
      throw new IllegalArgumentException(
          "rows from %d by %d, %d of them (expected: within %d)"
              .formatted(first, step, count, rows));
    }
    return new Weight(
        tensor,
        storedShape,
        offset + first * rowStride,
        step * rowStride,
        columnStride,
        count,
        columns);
  }

  /** How many numbers it has. */
  public long size() {
    return (long) rows * columns;
  }

  /** Elements of the tensor from the first to the last that belong to it, both included. */
  public long span() {
    return (rows - 1) * rowStride + (columns - 1) * columnStride + 1;
  }
}
