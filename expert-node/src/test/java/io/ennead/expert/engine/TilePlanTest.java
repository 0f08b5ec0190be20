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
  void everyRowKeepsItsPlaceAndEveryProductHasOneExpertAndAnAllowedLength() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      int[] allowed = random.ints(random.nextInt(4), 1, 12).sorted().distinct().toArray();
      List<Slice> slices = randomSlices(random);
      TilePlan plan = TilePlan.of(slices, new RunLengths(allowed), expert -> 100 + expert);

      assertThat(Arrays.stream(plan.lengths()).sum())
          .as("seed %d", seed)
          .isEqualTo(plan.gather().length);
      if (allowed.length > 0) {
        assertThat(Arrays.stream(plan.lengths()))
            .as("seed %d", seed)
            .allMatch(n -> Arrays.binarySearch(allowed, Math.toIntExact(n)) >= 0);
      }
      int at = 0;
      for (Slice slice : slices) {
        for (int row : slice.rows()) {
          int place = (int) plan.keep()[at++];
          assertThat(plan.gather()[place]).as("seed %d", seed).isEqualTo(row);
          assertThat(plan.slots()[productOf(plan, place)])
              .as("seed %d", seed)
              .isEqualTo(100 + slice.expert());
        }
      }
      assertThat(plan.keep()).as("seed %d", seed).hasSize(at).doesNotHaveDuplicates();
    }
  }

  /** Walks the products one after the other. */
  private static int productOf(TilePlan plan, int place) {
    int end = 0;
    for (int product = 0; product < plan.lengths().length; product++) {
      end += (int) plan.lengths()[product];
      if (place < end) {
        return product;
      }
    }
    throw new AssertionError("no product has place " + place);
  }

  @Test
  void withoutLengthsEverySliceIsOneProductOfItsOwnRows() {
    List<Slice> slices =
        List.of(
            new Slice(3, new int[] {5, 6, 7}),
            new Slice(4, new int[0]),
            new Slice(9, new int[] {5}));
    TilePlan plan = TilePlan.of(slices, new RunLengths(), expert -> expert);

    assertThat(plan.gather()).containsExactly(5, 6, 7, 5);
    assertThat(plan.keep()).containsExactly(0, 1, 2, 3);
    assertThat(plan.slots()).containsExactly(3, 9);
    assertThat(plan.lengths()).containsExactly(3, 1);
  }

  @Test
  void paddingReadsRowZero() {
    List<Slice> slices = List.of(new Slice(3, new int[] {5, 6, 7}));
    TilePlan plan = TilePlan.of(slices, new RunLengths(2), expert -> expert);

    assertThat(plan.gather()).containsExactly(5, 6, 7, 0);
    assertThat(plan.keep()).containsExactly(0, 1, 2);
    assertThat(plan.slots()).containsExactly(3, 3);
  }

  @Test
  void aProductIsAsLongAsItCanBeFilledAndNoLongerThanNeeded() {
    assertThat(lengths(3, 1, 4, 16)).containsExactly(4);
    assertThat(lengths(16, 1, 4, 16)).containsExactly(16);
    assertThat(lengths(17, 1, 4, 16)).containsExactly(16, 1);
    assertThat(lengths(37, 4, 16)).containsExactly(16, 16, 16);
  }

  private static long[] lengths(int rows, int... allowed) {
    List<Slice> slices = List.of(new Slice(0, new int[rows]));
    return TilePlan.of(slices, new RunLengths(allowed), expert -> expert).lengths();
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
