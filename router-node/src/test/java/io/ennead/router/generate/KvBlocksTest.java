package io.ennead.router.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KvBlocksTest {

  @Test
  void noBlockIsEverGivenToTwoAndNoneIsLost() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    KvBlocks blocks = new KvBlocks(50, 16);
    List<int[]> held = new ArrayList<>();
    Map<Integer, Integer> holders = new HashMap<>();
    for (int round = 0; round < 5000; round++) {
      int wanted = 1 + random.nextInt(8);
      if (random.nextBoolean() && blocks.available(wanted)) {
        int[] taken = blocks.take(wanted);
        for (int block : taken) {
          assertThat(holders.put(block, 1)).as("seed %d", seed).isNull();
        }
        held.add(taken);
      } else if (!held.isEmpty()) {
        int[] some = held.get(random.nextInt(held.size()));
        if (random.nextInt(3) == 0) {
          blocks.share(some);
          held.add(some);
          for (int block : some) {
            holders.merge(block, 1, Integer::sum);
          }
        } else {
          held.remove(some);
          blocks.release(some);
          for (int block : some) {
            holders.computeIfPresent(block, (b, n) -> n == 1 ? null : n - 1);
          }
        }
      }
      assertThat(blocks.used()).as("seed %d", seed).isEqualTo(holders.size());
    }
  }

  @Test
  void blockZeroIsNobodys() {
    assertThat(new KvBlocks(4, 16).take(4)).containsExactlyInAnyOrder(1, 2, 3, 4);
  }

  @Test
  void positionsRoundUpToBlocks() {
    KvBlocks blocks = new KvBlocks(4, 16);

    assertThat(blocks.needed(1)).isEqualTo(1);
    assertThat(blocks.needed(16)).isEqualTo(1);
    assertThat(blocks.needed(17)).isEqualTo(2);
  }

  @Test
  void moreThanThereIsAndWhatIsFreeAlreadyAreRefused() {
    KvBlocks blocks = new KvBlocks(4, 16);
    int[] taken = blocks.take(3);

    assertThatThrownBy(() -> blocks.take(2)).hasMessageContaining("KV blocks: 1 free");
    blocks.release(taken);
    assertThatThrownBy(() -> blocks.release(taken)).hasMessageContaining("free (expected: held)");
  }
}
