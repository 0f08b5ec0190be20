package io.ennead.cli.survival;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.cli.survival.Node.Usage;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Growth is found; a warm-up, and what goes up and down a little, is not. */
class LeakWatchTest {
  private static final long MIB = 1 << 20;

  @Test
  void whatIsFlatAfterItsWarmUpIsFine() {
    assertThat(watch(i -> new Usage(Math.min(i, 40) * (10 * MIB) + (i % 7) * MIB, 30 + i % 5, 60)))
        .isEmpty();
  }

  @Test
  void growingMemoryIsFound() {
    assertThat(watch(i -> new Usage(i * (2 * MIB), 30, 60)))
        .singleElement()
        .asString()
        .contains("memory");
  }

  @Test
  void growingThreadsAreFound() {
    assertThat(watch(i -> new Usage(MIB, i, 60))).singleElement().asString().contains("threads");
  }

  @Test
  void growingOpenFilesAreFound() {
    assertThat(watch(i -> new Usage(MIB, 30, i))).singleElement().asString().contains("open files");
  }

  @Test
  void threadsThatLeaveAreNoLeak() {
    assertThat(watch(i -> new Usage(MIB, 200 - i, 60))).isEmpty();
  }

  @Test
  void aSingleOutlierIsNone() {
    assertThat(watch(i -> new Usage(i == 80 ? 500 * MIB : MIB, 30, 60))).isEmpty();
  }

  private static List<String> watch(IntFunction<Usage> usage) {
    LeakWatch watch = new LeakWatch();
    IntStream.range(0, 100).forEach(i -> watch.add("router", usage.apply(i)));
    return watch.growth();
  }
}
