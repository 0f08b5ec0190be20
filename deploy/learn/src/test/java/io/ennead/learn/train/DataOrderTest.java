package io.ennead.learn.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Every epoch has all sequences, in an order that depends on seed and step alone. */
class DataOrderTest {

  @Test
  void anEpochHasEverySequenceOnce() {
    DataOrder order = new DataOrder(12, 5, 3);
    int[] taken = IntStream.range(0, 12).flatMap(step -> Arrays.stream(order.of(step))).toArray();
    for (int epoch = 0; epoch < 5; epoch++) {
      int[] part = Arrays.copyOfRange(taken, 12 * epoch, 12 * epoch + 12);
      assertThat(Arrays.stream(part).sorted())
          .as("epoch %d", epoch)
          .containsExactlyElementsOf(IntStream.range(0, 12).boxed().toList());
    }
    assertThat(Arrays.copyOf(taken, 12)).isNotEqualTo(Arrays.copyOfRange(taken, 12, 24));
  }

  @Test
  void whatAStepTakesDependsOnNoOtherStep() {
    DataOrder inTurn = new DataOrder(7, 3, 1);
    for (int step = 0; step < 20; step++) {
      assertThat(new DataOrder(7, 3, 1).of(step)).isEqualTo(inTurn.of(step));
    }
    assertThat(new DataOrder(700, 3, 2).of(0)).isNotEqualTo(new DataOrder(700, 3, 1).of(0));
  }
}
