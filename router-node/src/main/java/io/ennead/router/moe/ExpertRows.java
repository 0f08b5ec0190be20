package io.ennead.router.moe;

import io.ennead.router.moe.RoutingObserver.Origin;
import io.ennead.wire.Rows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The rows of one expert.
 *
 * @param expert expert id
 * @param rows indices of the rows that chose it with a weight other than 0, ascending
 * @param weights their combine weights, same order
 */
public record ExpertRows(int expert, int[] rows, float[] weights) {

  /**
   * A routing turned round: rows by expert, experts ascending. Adding up outputs in this order sums
   * every row in ascending expert id.
   */
  public static List<ExpertRows> of(Routing routing) {
    int experts = Arrays.stream(routing.experts()).max().orElse(-1) + 1;
    int[] counts = new int[experts];
    forEachChoice(routing, (row, place) -> counts[routing.experts()[place]]++);
    ExpertRows[] byExpert = new ExpertRows[experts];
    Arrays.setAll(byExpert, e -> new ExpertRows(e, new int[counts[e]], new float[counts[e]]));
    Arrays.fill(counts, 0);
    forEachChoice(
        routing,
        (row, place) -> {
          int expert = routing.experts()[place];
          int at = counts[expert]++;
          byExpert[expert].rows[at] = row;
          byExpert[expert].weights[at] = routing.weights()[place];
        });
    List<ExpertRows> chosen = new ArrayList<>(Arrays.asList(byExpert));
    chosen.removeIf(rows -> rows.rows.length == 0);
    return chosen;
  }

  private static void forEachChoice(Routing routing, Choice choice) {
    for (int place = 0; place < routing.experts().length; place++) {
      if (routing.weights()[place] != 0) {
        choice.accept(place / routing.expertsPerRow(), place);
      }
    }
  }

  /**
   * Adds the expert's weighted outputs to the rows that chose it: a multiplication, then an
   * addition, in float32. No fused multiply-add, so the bits do not depend on the machine.
   *
   * @param sum [rows, width]
   * @param outputs the expert's rows begin at {@code firstOutput}
   */
  public void addTo(float[] sum, Rows outputs, int firstOutput) {
    int width = outputs.width();
    float[] output = new float[width];
    for (int i = 0; i < rows.length; i++) {
      outputs.read(firstOutput + i, output, 0);
      float weight = weights[i]; // read once: the loop writes to an array of floats, too
      int to = rows[i] * width;
      for (int j = 0; j < width; j++) {
        float product = weight * output[j];
        sum[to + j] += product;
      }
    }
  }

  /**
   * Tells an observer what the expert contributes to the rows that it wants.
   *
   * @param outputs as for {@link #addTo}
   */
  public void report(RoutingObserver observer, Origin origin, Rows outputs, int firstOutput) {
    for (int i = 0; i < rows.length; i++) {
      if (observer.wants(rows[i])) {
        double norm = Math.abs(weights[i]) * norm(outputs, firstOutput + i);
        observer.contribution(rows[i], expert, norm, origin);
      }
    }
  }

  private static double norm(Rows outputs, int row) {
    float[] values = new float[outputs.width()];
    outputs.read(row, values, 0);
    double sum = 0;
    for (float value : values) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }

  @FunctionalInterface
  private interface Choice {
    void accept(int row, int place);
  }
}
