package io.ennead.expert.engine;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * How many rows a product may have. Those of one phase give a row the same bits.
 *
 * @param ascending the lengths; empty: any, for whoever does not ask for the same bits
 */
record RunLengths(int... ascending) {

  /**
   * A tile, and other lengths that give its bits.
   *
   * @param tile 0: any length
   */
  static RunLengths of(int tile, int... others) {
    IntStream all = IntStream.concat(IntStream.of(tile), IntStream.of(others));
    return tile == 0 ? new RunLengths() : new RunLengths(all.sorted().distinct().toArray());
  }

  /** Rows of the next product of an expert that has so many left: if more, the rest is padding. */
  int next(int left) {
    if (ascending.length == 0) {
      return left;
    }
    int at = Arrays.binarySearch(ascending, left);
    return ascending[Math.min(at < 0 ? -at - 1 : at, ascending.length - 1)];
  }
}
