package io.ennead.expert.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class RunLengthsTest {

  @Test
  void theTileIsAllowedUntriedAndOthersWhereTheTrialSaysSo() {
    assertThat(RunLengths.of(8, length -> length == 4 || length == 12).ascending())
        .containsExactly(4, 8, 12);
    assertThat(RunLengths.of(5, length -> false).ascending()).containsExactly(5);
    assertThat(
            RunLengths.of(
                    8,
                    length -> {
                      assertThat(length).isNotEqualTo(8).isGreaterThan(1);
                      return true;
                    })
                .ascending())
        .isSorted()
        .doesNotHaveDuplicates()
        .contains(8);
  }

  @Test
  void evenProductsHoldAllRowsAndOneFewerWouldNot() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      int[] allowed = random.ints(1 + random.nextInt(4), 1, 40).sorted().distinct().toArray();
      int longest = allowed[allowed.length - 1];
      int rows = 1 + random.nextInt(200);

      int length = new RunLengths(allowed).even(rows);

      int products = (rows + length - 1) / length;
      assertThat(allowed).as("seed %d", seed).contains(length);
      assertThat((products - 1) * longest).as("seed %d, %d rows", seed, rows).isLessThan(rows);
      for (int other : allowed) { // no shorter one does with as few products
        assertThat(other < length && products * other >= rows).as("seed %d", seed).isFalse();
      }
    }
  }

  @Test
  void onlyWhatWasFoundAlikeIsAllowed() {
    RunLengths lengths = RunLengths.of(8, length -> length == 64);
    assertThat(lengths.allows(8)).isTrue();
    assertThat(lengths.allows(64)).isTrue();
    assertThat(lengths.allows(16)).isFalse();
    assertThat(RunLengths.ANY.allows(7)).isTrue();
  }

  @Test
  void whoeverDoesNotAskForTheSameBitsHasOneProductOfAllRows() {
    assertThat(RunLengths.ANY.even(77)).isEqualTo(77);
    assertThat(RunLengths.ANY.next(77)).isEqualTo(77);
  }
}
