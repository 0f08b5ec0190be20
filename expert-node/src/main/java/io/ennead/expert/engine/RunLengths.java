package io.ennead.expert.engine;

import java.util.Arrays;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * How many rows a product may have. Those of one phase give a row the same bits.
 *
 * @param ascending the lengths; empty: any, for whoever does not ask for the same bits
 */
public record RunLengths(int... ascending) {
  /** Any length. */
  public static final RunLengths ANY = new RunLengths();

  /**
   * Padding to the next of these costs at most a half; longer ones read weights seldom enough. Not
   * 1: the library may sum a single row in another order, which bfloat16's rounding hides too well.
   */
  private static final int[] CANDIDATES = {2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128};

  /** Lengths that may give a tile's bits, ascending. */
  public static int[] candidates() {
    return CANDIDATES.clone();
  }

  /**
   * A tile, and those of the candidates that give its bits.
   *
   * @param alike tells whether a length does
   */
  public static RunLengths of(int tile, IntPredicate alike) {
    IntStream others = IntStream.of(CANDIDATES).filter(n -> n != tile).filter(alike);
    return new RunLengths(IntStream.concat(IntStream.of(tile), others).sorted().toArray());
  }

  /** Whether a product of so many rows gives the same bits as the others. */
  public boolean allows(int length) {
    return ascending.length == 0 || Arrays.binarySearch(ascending, length) >= 0;
  }

  /** Rows of the next product of an expert that has so many left: if more, the rest is padding. */
  int next(int left) {
    if (ascending.length == 0) {
      return left;
    }
    int at = Arrays.binarySearch(ascending, left);
    return ascending[Math.min(at < 0 ? -at - 1 : at, ascending.length - 1)];
  }

  /** Rows of every product of so many, at least one, in as few products of one length as may be. */
  public int even(int rows) {
    int most = ascending.length == 0 ? rows : ascending[ascending.length - 1];
    int products = ceilDiv(rows, most);
    return next(ceilDiv(rows, products));
  }

  private static int ceilDiv(int value, int divisor) {
    return (value + divisor - 1) / divisor;
  }
}
