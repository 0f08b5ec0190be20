package io.ennead.router.sample;

import java.util.Arrays;

/**
 * Candidate tokens that are ranked (highest logit first, ties to the lower id) but not sorted: what
 * the filters of {@link Sampler} work on. Selecting a prefix partitions around pivots until its end
 * is found, so the cost is linear on average. Pivots depend on the logits alone, and so does the
 * order in which weights are summed. For one thread at a time.
 */
final class Ranking {
  private final int[] ids;
  private final float[] logits;
  private final double[] weights;
  private int size;

  Ranking(int capacity) {
    ids = new int[capacity];
    logits = new float[capacity];
    weights = new double[capacity];
  }

  int capacity() {
    return ids.length;
  }

  /** Starts over with every token of the row but those of logit -infinity. */
  void load(float[] row, int offset, int vocabulary) {
    size = 0;
    for (int id = 0; id < vocabulary; id++) {
      float logit = row[offset + id];
      if (logit != Float.NEGATIVE_INFINITY) {
        ids[size] = id;
        logits[size++] = logit;
      }
    }
  }

  /** Keeps the first {@code count} of the ranking. */
  void keepFirst(int count) {
    if (count >= size) {
      return;
    }
    Arrays.fill(weights, 0, size, 1);
    size = 1 + reach(count, true);
  }

  /** Gives every candidate its weight exp((l - top) / temperature); drops those that vanish. */
  void weigh(float top, double temperature) {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      double weight = StrictMath.exp(((double) logits[i] - top) / temperature);
      if (weight > 0) {
        move(i, kept);
        weights[kept++] = weight;
      }
    }
    size = kept;
  }

  /** Keeps the shortest prefix that has at least this share of the weight. */
  void keepMass(double share) {
    size = 1 + reach(share * sum(0, size), true);
  }

  /** Keeps candidates of at least this weight. */
  void keepAtLeast(double least) {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      if (weights[i] >= least) {
        double weight = weights[i];
        move(i, kept);
        weights[kept++] = weight;
      }
    }
    size = kept;
  }

  /** The token at which the running sum of weights exceeds this share of the total. */
  int draw(double share) {
    return ids[reach(share * sum(0, size), false)];
  }

  /**
   * Finds the candidate at which the running sum of weights, in the order of the ranking, reaches
   * the target, and arranges that exactly the candidates ranked before it lie before it. When
   * rounding keeps the sum below the target: the last candidate.
   *
   * @param atTarget whether a sum equal to the target reaches it
   */
  private int reach(double target, boolean atTarget) {
    int low = 0;
    int high = size;
    double before = 0;
    while (high - low > 1) {
      int pivot = partition(low, high);
      double above = before + sum(low, pivot);
      if (reaches(above, target, atTarget)) {
        high = pivot;
        continue;
      }
      before = above + weights[pivot];
      if (reaches(before, target, atTarget)) {
        return pivot;
      }
      low = pivot + 1;
    }
    return Math.min(low, size - 1);
  }

  private static boolean reaches(double sum, double target, boolean atTarget) {
    return sum > target || (atTarget && sum == target);
  }

  /** Partitions [low, high) around the median of three; returns where the pivot ended up. */
  private int partition(int low, int high) {
    int last = high - 1;
    swap(median(low, (low + last) >>> 1, last), last);
    int boundary = low;
    for (int i = low; i < last; i++) {
      if (precedes(i, last)) {
        swap(i, boundary++);
      }
    }
    swap(boundary, last);
    return boundary;
  }

  private int median(int a, int b, int c) {
    if (precedes(a, b)) {
      return precedes(b, c) ? b : precedes(a, c) ? c : a;
    }
    return precedes(a, c) ? a : precedes(b, c) ? c : b;
  }

  private boolean precedes(int a, int b) {
    return logits[a] > logits[b] || (logits[a] == logits[b] && ids[a] < ids[b]);
  }

  private double sum(int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += weights[i];
    }
    return sum;
  }

  private void move(int from, int to) {
    ids[to] = ids[from];
    logits[to] = logits[from];
  }

  private void swap(int a, int b) {
    int id = ids[a];
    ids[a] = ids[b];
    ids[b] = id;
    float logit = logits[a];
    logits[a] = logits[b];
    logits[b] = logit;
    double weight = weights[a];
    weights[a] = weights[b];
    weights[b] = weight;
  }
}
