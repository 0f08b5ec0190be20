package io.ennead.router.moe;

import io.ennead.expert.architecture.GateConfig.ExpertGroups;
import java.util.Arrays;

/** Leaves only the experts of the best groups. */
final class GroupLimit {
  private GroupLimit() {}

  /**
   * Experts outside the best groups count as -infinity. Not as 0, which would let one of them be
   * chosen when biases make the others' scores negative. A group's experts that are out already do
   * not count for its score.
   */
  static void apply(ExpertGroups groups, double[] selection) {
    int size = selection.length / groups.count();
    double[] scores = new double[groups.count()];
    for (int group = 0; group < scores.length; group++) {
      scores[group] =
          score(groups, Arrays.copyOfRange(selection, group * size, (group + 1) * size));
    }
    for (int group = 0; group < scores.length; group++) {
      if (better(scores, group) >= groups.kept()) {
        Arrays.fill(selection, group * size, (group + 1) * size, Double.NEGATIVE_INFINITY);
      }
    }
  }

  private static double score(ExpertGroups groups, double[] own) {
    Arrays.sort(own);
    double score = 0;
    for (int i = 0; i < groups.scored(); i++) {
      double next = own[own.length - 1 - i];
      if (next == Double.NEGATIVE_INFINITY) {
        return i == 0 ? next : score;
      }
      score += next;
    }
    return score;
  }

  /** How many groups come before this one; of equals the lower does. */
  private static int better(double[] scores, int group) {
    int count = 0;
    for (int other = 0; other < scores.length; other++) {
      boolean before = scores[other] > scores[group];
      count += before || (other < group && scores[other] == scores[group]) ? 1 : 0;
    }
    return count;
  }
}
