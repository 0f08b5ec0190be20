package io.ennead.router.score;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.trace.TraceOptions;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WindowTest {

  @Test
  void theFirstScoresAllAndEachLaterOneWhatIsNew() {
    assertThat(windows(10, 1, 4, 2))
        .containsExactly(
            new Window(0, 1, 4), new Window(2, 4, 6), new Window(4, 6, 8), new Window(6, 8, 10));
    assertThat(windows(9, 1, 4, 3))
        .containsExactly(new Window(0, 1, 4), new Window(3, 4, 7), new Window(6, 7, 9));
  }

  @Test
  void aTextThatFitsIsOneWindowAndSoIsASingleToken() {
    assertThat(windows(4, 1, 4, 2)).containsExactly(new Window(0, 1, 4));
    assertThat(windows(1, 1, 4, 2)).containsExactly(new Window(0, 1, 1));
  }

  @Test
  void windowsBeforeTheFirstTokenThatCountsAreLeftOut() {
    assertThat(windows(10, 5, 4, 2))
        .containsExactly(new Window(2, 5, 6), new Window(4, 6, 8), new Window(6, 8, 10));
  }

  @Test
  void everyTokenThatCountsIsScoredOnceWithContextBeforeIt() {
    for (long seed = 1; seed <= 500; seed++) {
      Random random = new Random(seed);
      int length = 1 + random.nextInt(60);
      int from = 1 + random.nextInt(Math.max(1, length - 1));
      int window = 2 + random.nextInt(20);
      int stride = 1 + random.nextInt(window - 1);
      int next = from;
      for (Window one : windows(length, from, window, stride)) {
        assertThat(one.from()).as("seed %d", seed).isEqualTo(next).isGreaterThan(one.begin());
        assertThat(one.end() - one.begin()).as("seed %d", seed).isLessThanOrEqualTo(window);
        assertThat(one.begin() % stride).as("seed %d", seed).isZero();
        next = one.end();
      }
      assertThat(next).as("seed %d", seed).isEqualTo(length);
    }
  }

  private static List<Window> windows(int length, int from, int window, int stride) {
    return Window.of(
        new TextJob(
            new int[length],
            from,
            window,
            stride,
            new double[0],
            0,
            false,
            OptionalInt.empty(),
            RoutingOptions.DEFAULT,
            TraceOptions.NONE,
            Long.MAX_VALUE));
  }
}
