package io.ennead.client.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LengthsTest {
  private static final int DRAWS = 20_000;

  @Test
  void isReadAndWrittenInTheSameWords() {
    for (String text : new String[] {"64", "16-256", "64:3,512-1024", "1-2:0.5,3"}) {
      assertThat(Lengths.parse(text)).hasToString(text);
    }
    assertThat(Lengths.parse("8,16-256:2,64").longest()).isEqualTo(256);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "0", "5-4", "a", "5:", "5:0", "5:-1", "5:NaN", "5:Infinity", "3,,4", "-3"})
  void whatIsNoLengthIsRefused(String text) {
    assertThatThrownBy(() -> Lengths.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected: ");
  }

  @Test
  void partsAreDrawnByWeightAndEvenlyInside() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    Lengths lengths = Lengths.parse("1-4:3,100");
    int[] counts = new int[101];
    for (int i = 0; i < DRAWS; i++) {
      counts[lengths.draw(random)]++;
    }
    // 5 standard deviations of a share of a quarter: 0.0153
    assertThat(counts[100] / (double) DRAWS).as("seed %d", seed).isCloseTo(0.25, within(0.0154));
    for (int length = 1; length <= 4; length++) {
      assertThat(counts[length] / (double) DRAWS)
          .as("seed %d: %d", seed, length)
          .isCloseTo(0.1875, within(0.0139));
    }
  }
}
