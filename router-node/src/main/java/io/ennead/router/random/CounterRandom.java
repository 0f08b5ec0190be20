package io.ennead.router.random;

/**
 * A counter-based random generator: the number drawn depends on what it is for and on nothing that
 * was drawn before, so neither batching nor a repeated step can shift a request's random stream.
 *
 * <p>Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011. The key is the seed; the counter is (position, layer, purpose, index).
 */
public final class CounterRandom {
  private static final int ROUNDS = 10;
  private static final int MULTIPLIER_0 = 0xD2511F53;
  private static final int MULTIPLIER_1 = 0xCD9E8D57;

  /** Weyl increments of the key: the golden ratio and sqrt(3) - 1. */
  private static final int WEYL_0 = 0x9E3779B9;

  private static final int WEYL_1 = 0xBB67AE85;

  private static final double UNIT_52 = 0x1p-52;
  private static final double UNIT_53 = 0x1p-53;

  private CounterRandom() {}

  /** What a number is drawn for. The code is part of the bits: never reuse or change one. */
  public enum Purpose {
    /** The choice of the next token. */
    TOKEN(1),
    /** The choice of a token's experts at a layer. */
    ROUTING(2),
    /** Whether the top choices for the next token are excluded. */
    XTC(3);

    private final int code;

    Purpose(int code) {
      this.code = code;
    }
  }

  /** A number in [0, 1) with 53 random bits. */
  public static double uniform(long seed, Purpose purpose, int position, int layer) {
    return (bits(seed, purpose, position, layer, 0) >>> 11) * UNIT_53;
  }

  /**
   * A number of the standard Gumbel distribution, -ln(-ln u), with u in (0, 1) of 52 random bits:
   * always finite.
   *
   * @param index which of the numbers drawn for this purpose, position and layer
   */
  public static double gumbel(long seed, Purpose purpose, int position, int layer, int index) {
    double u = ((bits(seed, purpose, position, layer, index) >>> 12) + 0.5) * UNIT_52;
    return -StrictMath.log(-StrictMath.log(u));
  }

  private static long bits(long seed, Purpose purpose, int position, int layer, int index) {
    int[] words =
        philox(
            new int[] {position, layer, purpose.code, index},
            new int[] {(int) seed, (int) (seed >>> 32)});
    return (Integer.toUnsignedLong(words[0]) << 32) | Integer.toUnsignedLong(words[1]);
  }

  /** The block function: 4 words of counter and 2 words of key to 4 random words. */
  static int[] philox(int[] counter, int[] key) {
    int[] c = counter.clone();
    int key0 = key[0];
    int key1 = key[1];
    for (int round = 0; round < ROUNDS; round++) {
      long product0 = Integer.toUnsignedLong(MULTIPLIER_0) * Integer.toUnsignedLong(c[0]);
      long product1 = Integer.toUnsignedLong(MULTIPLIER_1) * Integer.toUnsignedLong(c[2]);
      c[0] = (int) (product1 >>> 32) ^ c[1] ^ key0;
      c[1] = (int) product1;
      c[2] = (int) (product0 >>> 32) ^ c[3] ^ key1;
      c[3] = (int) product0;
      key0 += WEYL_0;
      key1 += WEYL_1;
    }
    return c;
  }
}
