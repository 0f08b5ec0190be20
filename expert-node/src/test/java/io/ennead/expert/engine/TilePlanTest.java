package io.ennead.expert.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.expert.engine.ExpertEngine.Slice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TilePlanTest {

  @Test
  void everyRowKeepsItsPlaceAndEveryTileOneExpert() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      int tile = 1 + random.nextInt(9);
      List<Slice> slices = randomSlices(random);
      TilePlan plan = TilePlan.of(slices, tile, expert -> 100 + expert);

      assertThat(plan.gather()).as("seed %d", seed).hasSize(plan.slots().length * tile);
      int at = 0;
      for (Slice slice : slices) {
        for (int row : slice.rows()) {
          int place = (int) plan.keep()[at++];
          assertThat(plan.gather()[place]).as("seed %d", seed).isEqualTo(row);
          assertThat(plan.slots()[place / tile])
              .as("seed %d", seed)
              .isEqualTo(100 + slice.expert());
        }
      }
      assertThat(plan.keep()).as("seed %d", seed).hasSize(at).doesNotHaveDuplicates();
    }
  }

  @Test
  void paddingReadsRowZero() {
    TilePlan plan = TilePlan.of(List.of(new Slice(3, new int[] {5, 6, 7})), 2, expert -> expert);

    assertThat(plan.gather()).containsExactly(5, 6, 7, 0);
    assertThat(plan.keep()).containsExactly(0, 1, 2);
    assertThat(plan.slots()).containsExactly(3, 3);
  }

  private static List<Slice> randomSlices(Random random) {
    List<Slice> slices = new ArrayList<>();
    for (int expert = 0; expert < random.nextInt(6); expert++) {
      int[] rows = random.ints(random.nextInt(20), 0, 50).toArray();
      slices.add(new Slice(expert, Arrays.copyOf(rows, rows.length)));
    }
    return slices;
  }
}
