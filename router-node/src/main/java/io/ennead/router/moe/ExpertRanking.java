package io.ennead.router.moe;

/** The first places of a ranking of experts. Keeps its array from row to row. */
final class ExpertRanking {
  private final int[] ids;

  ExpertRanking(int places) {
    this.ids = new int[places];
  }

  /** Experts in order; not to be modified. */
  int[] ids() {
    return ids;
  }

  /** Fills the places with the experts of the highest keys; ties by the second keys, then by id. */
  void rank(double[] keys, double[] second) {
    int count = 0;
    for (int expert = 0; expert < keys.length; expert++) {
      int at = count;
      while (at > 0 && precedes(expert, ids[at - 1], keys, second)) {
        at--;
      }
      if (at == ids.length) {
        continue;
      }
      count = Math.min(count + 1, ids.length);
      System.arraycopy(ids, at, ids, at + 1, count - 1 - at);
      ids[at] = expert;
    }
  }

  private static boolean precedes(int expert, int other, double[] keys, double[] second) {
    return keys[expert] > keys[other]
        || (keys[expert] == keys[other] && second[expert] > second[other]);
  }

  /** Sorts the first places anew; what neither precedes the other stays as it is. */
  void sortFirst(int count, Order order) {
    for (int i = 1; i < count; i++) {
      int expert = ids[i];
      int at = i;
      while (at > 0 && order.precedes(expert, ids[at - 1])) {
        ids[at] = ids[at - 1];
        at--;
      }
      ids[at] = expert;
    }
  }

  /** Whether one expert comes before another. */
  @FunctionalInterface
  interface Order {
    boolean precedes(int expert, int other);
  }
}
