package io.ennead.learn.train;

import java.util.Random;

/**
 * Which sequences a step takes: every one once per epoch, each epoch in an order of its own. A
 * function of seed and step alone, so that a run that goes on takes what it would have taken.
 */
public final class DataOrder {
  private final int sequences;
  private final int batch;
  private final long seed;
  private long epoch = -1;
  private int[] order = new int[0];

  /** An order of so many sequences, {@code batch} per step. */
  public DataOrder(int sequences, int batch, long seed) {
    if (sequences < 1) {
      throw new IllegalArgumentException("sequences: none (expected: at least 1)");
    }
    this.sequences = sequences;
    this.batch = batch;
    this.seed = seed;
  }

  /** The sequences of a step; steps are asked for in any order, ascending is fastest. */
  public int[] of(int step) {
    int[] chosen = new int[batch];
    for (int i = 0; i < batch; i++) {
      long place = (long) step * batch + i;
      chosen[i] = order(place / sequences)[(int) (place % sequences)];
    }
    return chosen;
  }

  private int[] order(long wanted) {
    if (wanted != epoch) {
      epoch = wanted;
      order = shuffled(new Random(seed * 31 + wanted));
    }
    return order;
  }

  private int[] shuffled(Random random) {
    int[] shuffled = new int[sequences];
    for (int i = 0; i < sequences; i++) {
      int at = random.nextInt(i + 1);
      shuffled[i] = shuffled[at];
      shuffled[at] = i;
    }
    return shuffled;
  }
}
