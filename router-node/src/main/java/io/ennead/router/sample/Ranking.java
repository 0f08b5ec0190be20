package io.ennead.router.sample;

import java.util.Arrays;
import java.util.function.IntPredicate;
import java.util.function.IntToDoubleFunction;

/**
 * Candidate tokens that are ranked but not sorted: what {@link Candidates} works on. The ranking is
 * by logit, highest first, or lowest first when inverted, ties to the lower id; a score, while
 * there is one, comes before the logit, least first. Selecting a prefix partitions around pivots
 * until its end is found, so the cost is linear on average. Pivots depend on the logits alone, and
 * so does the order in which weights are summed. For one thread at a time.
 */
final class Ranking {
  private final int[] ids;
  private final float[] logits;
  private final double[] weights;
  private double[] scores = {};
  private boolean scored;
  private boolean inverted;
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
    inverted = false;
    for (int id = 0; id < vocabulary; id++) {
      float logit = row[offset + id];
      if (logit != Float.NEGATIVE_INFINITY) {
        ids[size] = id;
        logits[size++] = logit;
      }
    }
  }

  /** Starts over with one token. */
  void loadOnly(int id, float logit) {
    ids[0] = id;
    logits[0] = logit;
    size = 1;
    inverted = false;
  }

  int size() {
    return size;
  }

  int id(int index) {
    return ids[index];
  }

  float logit(int index) {
    return logits[index];
  }

  double weight(int index) {
    return weights[index];
  }

  double totalWeight() {
    return sum(0, size);
  }

  /** Turns the ranking around. */
  void invert() {
    inverted = true;
  }

  /** Which of the candidates comes first. */
  int first() {
    int first = 0;
    for (int i = 1; i < size; i++) {
      if (precedes(i, first)) {
        first = i;
      }
    }
    return first;
  }

  /** Keeps the first of the ranking. */
  void keepFirst() {
    swap(0, first());
    size = 1;
  }

  /** Keeps the first {@code count} of the ranking. */
  void keepFirst(int count) {
    if (count >= size) {
      return;
    }
    Arrays.fill(weights, 0, size, 1);
    size = 1 + reach(count, true);
  }

  /** Gives every candidate its weight exp((l - reference) / temperature). */
  void weigh(float reference, double temperature) {
    for (int i = 0; i < size; i++) {
      weights[i] = StrictMath.exp(((double) logits[i] - reference) / temperature);
    }
  }

  /** Does the same and drops those whose weight vanishes. */
  void weighAndDrop(float reference, double temperature) {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      double weight = StrictMath.exp(((double) logits[i] - reference) / temperature);
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

  /** Does the same in the order of a score. */
  void keepMass(double share, IntToDoubleFunction score) {
    if (scores.length < size) {
      scores = new double[ids.length];
    }
    for (int i = 0; i < size; i++) {
      scores[i] = score.applyAsDouble(i);
    }
    scored = true;
    keepMass(share);
    scored = false;
  }

  /** Keeps candidates of at least this weight. */
  void keepAtLeast(double least) {
    keep(i -> weights[i] >= least);
  }

  /** Keeps candidates by their index, which is that before anything is removed. */
  void keep(IntPredicate wanted) {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      if (wanted.test(i)) {
        move(i, kept);
        weights[kept++] = weights[i];
      }
    }
    size = kept;
  }

  /** The candidate at which the running sum of weights exceeds the target. */
  int reach(double target) {
    return reach(target, false);
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

  boolean precedes(int a, int b) {
    if (scored && scores[a] != scores[b]) {
      return scores[a] < scores[b];
    }
    if (logits[a] != logits[b]) {
      return inverted ? logits[a] < logits[b] : logits[a] > logits[b];
    }
    return ids[a] < ids[b];
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
    swap(weights, a, b);
    if (scored) {
      swap(scores, a, b);
    }
  }

  private static void swap(double[] values, int a, int b) {
    double value = values[a];
    values[a] = values[b];
    values[b] = value;
  }
}
