package io.ennead.router.moe;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.wire.Rows;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ExpertRowsTest {

  @Test
  void expertsAscendAndRowsOfWeightZeroAreLeftOut() {
    Routing routing =
        new Routing(
            2, 3, new int[] {7, 2, 5, 2, 1, 0}, new float[] {0.5f, 0.3f, 0.2f, 0.6f, 0, 0.4f});

    List<ExpertRows> experts = ExpertRows.of(routing);

    assertThat(experts).extracting(ExpertRows::expert).containsExactly(0, 2, 5, 7);
    assertThat(experts.get(1).rows()).containsExactly(0, 1);
    assertThat(experts.get(1).weights()).containsExactly(0.3f, 0.6f);
  }

  @Test
  void theSumIsThatOfEachRowInAscendingExpertId() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 50; round++) {
      int rows = 1 + random.nextInt(9);
      int k = 1 + random.nextInt(4);
      int width = 1 + random.nextInt(20);
      Routing routing = randomRouting(random, rows, k);
      float[][] outputOf = new float[8][]; // expert -> one output, the same for all its rows
      for (int e = 0; e < 8; e++) {
        outputOf[e] = floats(random, width);
      }
      float[] sum = new float[rows * width];
      for (ExpertRows expert : ExpertRows.of(routing)) {
        float[] outputs = new float[(3 + expert.rows().length) * width];
        for (int i = 0; i < expert.rows().length; i++) {
          System.arraycopy(outputOf[expert.expert()], 0, outputs, (3 + i) * width, width);
        }
        expert.addTo(sum, Rows.of(outputs, width), 3);
      }
      assertThat(sum).as("seed %d", seed).containsExactly(slowly(routing, outputOf, width));
    }
  }

  /** Row by row, expert by expert. */
  private static float[] slowly(Routing routing, float[][] outputOf, int width) {
    float[] sum = new float[routing.rows() * width];
    for (int row = 0; row < routing.rows(); row++) {
      for (int expert = 0; expert < outputOf.length; expert++) {
        for (int place = 0; place < routing.expertsPerRow(); place++) {
          int at = row * routing.expertsPerRow() + place;
          if (routing.experts()[at] == expert) {
            for (int i = 0; i < width; i++) {
              float product = routing.weights()[at] * outputOf[expert][i];
              sum[row * width + i] += product;
            }
          }
        }
      }
    }
    return sum;
  }

  private static Routing randomRouting(Random random, int rows, int k) {
    int[] experts = new int[rows * k];
    for (int row = 0; row < rows; row++) {
      List<Integer> all = new java.util.ArrayList<>(IntStream.range(0, 8).boxed().toList());
      java.util.Collections.shuffle(all, random);
      for (int place = 0; place < k; place++) {
        experts[row * k + place] = all.get(place);
      }
    }
    return new Routing(rows, k, experts, floats(random, rows * k));
  }

  private static float[] floats(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextInt(6) == 0 ? 0 : (float) random.nextGaussian();
    }
    return values;
  }
}
