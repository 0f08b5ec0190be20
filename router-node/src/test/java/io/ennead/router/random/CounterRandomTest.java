package io.ennead.router.random;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.router.random.CounterRandom.Purpose;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CounterRandomTest {

  /** From Random123's tests/kat_vectors, "philox4x32 10". */
  @Test
  void givesTheKnownAnswers() {
    assertThat(CounterRandom.philox(new int[4], new int[2]))
        .containsExactly(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
    assertThat(CounterRandom.philox(new int[] {-1, -1, -1, -1}, new int[] {-1, -1}))
        .containsExactly(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
    assertThat(
            CounterRandom.philox(
                new int[] {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                new int[] {0xa4093822, 0x299f31d0}))
        .containsExactly(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1);
  }

  @Test
  void uniformsAreInRangeAndEven() {
    int[] tenths = new int[10];
    for (int position = 0; position < 100_000; position++) {
      double u = CounterRandom.uniform(42, Purpose.TOKEN, position, 0);
      assertThat(u).isBetween(0.0, Math.nextDown(1.0));
      tenths[(int) (u * 10)]++;
    }
    for (int count : tenths) {
      // Five standard deviations: sqrt(100000 * 0.1 * 0.9) = 95.
      assertThat(count).isBetween(10_000 - 475, 10_000 + 475);
    }
  }

  @Test
  void everyPartOfTheKeyMatters() {
    Set<Double> drawn = new HashSet<>();
    long[] seeds = {0, 1, 1L << 32, -1};
    for (long seed : seeds) {
      for (int position = 0; position < 8; position++) {
        for (int layer = 0; layer < 8; layer++) {
          drawn.add(CounterRandom.uniform(seed, Purpose.TOKEN, position, layer));
        }
      }
    }
    assertThat(drawn).hasSize(4 * 8 * 8);
  }
}
