package io.ennead.router.model;

/**
 * A step as the decoder module takes it: rows of all spans one after the other, padded to a
 * multiple of the tile. Padding rows write to block 0, which belongs to no sequence.
 *
 * @param ids [padded rows]
 * @param positions [padded rows]
 * @param slots [padded rows] place in the KV caches
 * @param spans four numbers a span: first row, rows, length, first entry in {@code tables}
 * @param tables block tables of all spans
 * @param owners the span of each entry of {@code tables}
 * @param starts the position at which each of these blocks begins
 */
record StepArrays(
    long[] ids,
    long[] positions,
    long[] slots,
    long[] spans,
    long[] tables,
    long[] owners,
    long[] starts) {

  static StepArrays of(Step step, int tile, int blockSize) {
    int padded = roundUp(step.rows(), tile);
    int entries = step.spans().stream().mapToInt(span -> blocks(span.length(), blockSize)).sum();
    StepArrays arrays =
        new StepArrays(
            new long[padded],
            new long[padded],
            new long[padded],
            new long[4 * step.spans().size()],
            new long[entries],
            new long[entries],
            new long[entries]);
    arrays.fill(step, blockSize);
    return arrays;
  }

  static int roundUp(int value, int multiple) {
    return (value + multiple - 1) / multiple * multiple;
  }

  private static int blocks(int length, int blockSize) {
    return (length + blockSize - 1) / blockSize;
  }

  private void fill(Step step, int blockSize) {
    int row = 0;
    int entry = 0;
    for (int i = 0; i < step.spans().size(); i++) {
      Span span = step.spans().get(i);
      spans[4 * i] = row;
      spans[4 * i + 1] = span.ids().length;
      spans[4 * i + 2] = span.length();
      spans[4 * i + 3] = entry;
      fillRows(span, row, blockSize);
      int used = blocks(span.length(), blockSize);
      for (int b = 0; b < used; b++) {
        tables[entry + b] = span.blocks()[b];
        owners[entry + b] = i;
        starts[entry + b] = (long) b * blockSize;
      }
      row += span.ids().length;
      entry += used;
    }
  }

  private void fillRows(Span span, int firstRow, int blockSize) {
    for (int i = 0; i < span.ids().length; i++) {
      int position = span.start() + i;
      ids[firstRow + i] = span.ids()[i];
      positions[firstRow + i] = position;
      slots[firstRow + i] =
          (long) span.blocks()[position / blockSize] * blockSize + position % blockSize;
    }
  }
}
