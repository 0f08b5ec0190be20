package io.ennead.client.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class PaceTest {
  private static final long SECOND = 1_000_000_000;

  /** The start lies so far back that nothing has to be waited for. */
  @Test
  void openMomentsAreThoseOfAPoissonProcess() throws InterruptedException {
    long ago = System.nanoTime() - Duration.ofHours(1).toNanos();
    List<Long> moments = moments(Pace.of(new Arrivals.Poisson(100), 7, ago, 100 * SECOND));
    // a count of mean 10,000: 5 standard deviations are 500
    assertThat((double) moments.size()).isCloseTo(10_000, within(500.0));
    double[] gaps = new double[moments.size() - 1];
    for (int i = 0; i < gaps.length; i++) {
      gaps[i] = (moments.get(i + 1) - moments.get(i)) / 1e9 * 100;
      assertThat(gaps[i]).isNotNegative();
    }
    // exponential gaps of mean 1: half are below ln 2, one in e³ above 3
    assertThat(share(gaps, 0, Math.log(2))).isCloseTo(0.5, within(0.025));
    assertThat(share(gaps, 3, Double.MAX_VALUE)).isCloseTo(Math.exp(-3), within(0.011));
    assertThat(moments(Pace.of(new Arrivals.Poisson(100), 7, ago, 100 * SECOND)))
        .isEqualTo(moments);
  }

  private static double share(double[] gaps, double from, double to) {
    int count = 0;
    for (double gap : gaps) {
      count += gap > from && gap <= to ? 1 : 0;
    }
    return (double) count / gaps.length;
  }

  private static List<Long> moments(Pace pace) throws InterruptedException {
    List<Long> moments = new ArrayList<>();
    for (OptionalLong due = pace.next(); due.isPresent(); due = pace.next()) {
      moments.add(due.getAsLong());
    }
    return moments;
  }

  @Test
  void openMomentsAreWaitedFor() throws InterruptedException {
    long start = System.nanoTime();
    Pace pace = Pace.of(new Arrivals.Poisson(1000), 3, start, SECOND);
    for (int i = 0; i < 20; i++) {
      long due = pace.next().orElseThrow();
      assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(due);
    }
  }

  @Test
  void aClosedLoopWaitsForAnEnd() throws InterruptedException {
    Pace pace = Pace.of(new Arrivals.Closed(2), 1, System.nanoTime(), Long.MAX_VALUE);
    pace.next();
    pace.next();
    Thread waiting = Thread.currentThread();
    Thread other =
        new Thread(
            () -> {
              while (waiting.getState() != Thread.State.TIMED_WAITING) {
                Thread.onSpinWait();
              }
              pace.ended();
            });
    other.start();
    assertThat(pace.next()).isPresent();
    other.join();
  }

  @Test
  void nothingIsDueAfterTheEnd() throws InterruptedException {
    long ago = System.nanoTime() - 2 * SECOND;
    assertThat(Pace.of(new Arrivals.Closed(1), 1, ago, SECOND).next()).isEmpty();
    Pace full = Pace.of(new Arrivals.Closed(1), 1, System.nanoTime(), SECOND / 50);
    assertThat(full.next()).isPresent();
    assertThat(full.next()).as("the end comes before a place").isEmpty();
    assertThat(Pace.of(new Arrivals.Poisson(1e-9), 1, ago, SECOND).next()).isEmpty();
  }
}
