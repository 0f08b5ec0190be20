package io.ennead.router.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BreakerTest {
  private static final long MILLISECOND = Duration.ofMillis(1).toNanos();

  private final Breaker breaker = new Breaker();

  @Test
  void aLateCallOpensItAtOnce() {
    assertThat(breaker.late(100)).isTrue();
    assertThat(breaker.closed()).isFalse();
    assertThat(breaker.late(101)).as("no news").isFalse();
  }

  @Test
  void failuresInARowOpenIt() {
    for (int i = 1; i < Breaker.CONSECUTIVE; i++) {
      assertThat(breaker.failure(i)).isFalse();
      assertThat(breaker.closed()).isTrue();
    }
    assertThat(breaker.failure(9)).isTrue();
    assertThat(breaker.closed()).isFalse();
  }

  @Test
  void aSuccessBetweenThemBeginsTheCountAnew() {
    for (int i = 0; i < 5; i++) {
      breaker.failure(1);
      breaker.success();
      breaker.success();
    }
    assertThat(breaker.closed()).isTrue();
  }

  @Test
  void halfOfTheLastCallsFailingOpensIt() {
    boolean opened = false;
    for (int i = 0; i < Breaker.WINDOW && !opened; i++) {
      breaker.success();
      opened = breaker.failure(i);
    }
    assertThat(opened).isTrue();
  }

  @Test
  void nothingIsProbedBeforeTheNodeIsHeardFrom() {
    breaker.late(100);
    assertThat(breaker.tryProbe(Long.MAX_VALUE / 2, 99)).isFalse();
    assertThat(breaker.tryProbe(102, 101)).isTrue();
  }

  @Test
  void oneProbeAtATimeAndItsSuccessCloses() {
    breaker.late(100);
    assertThat(breaker.tryProbe(102, 101)).isTrue();
    assertThat(breaker.tryProbe(103, 101)).isFalse();
    assertThat(breaker.success()).isTrue();
    assertThat(breaker.closed()).isTrue();
    assertThat(breaker.tryProbe(104, 103)).as("closed").isFalse();
  }

  @Test
  void aProbeThatSaysNothingMayBeRepeated() {
    breaker.late(100);
    breaker.tryProbe(102, 101);
    breaker.unsettled();
    assertThat(breaker.tryProbe(103, 101)).isTrue();
  }

  @Test
  void anAnswerToACallSentBeforeDoesNotCloseIt() {
    breaker.late(100);
    assertThat(breaker.success()).isFalse();
    assertThat(breaker.closed()).isFalse();
  }

  @Test
  void probesThatFailHaveToWaitLongerEachTime() {
    long opened = 0;
    breaker.late(opened);
    for (long pause : new long[] {1, 250, 500, 1000, 2000, 4000, 8000, 8000}) {
      long due = opened + pause * MILLISECOND;
      if (pause > 1) {
        assertThat(breaker.tryProbe(due - 1, opened + 1)).as("before %d ms", pause).isFalse();
      }
      assertThat(breaker.tryProbe(due, opened + 1)).as("after %d ms", pause).isTrue();
      opened = due;
      breaker.late(opened);
    }
  }

  @Test
  void aNodeThatHasBeenWellForAWhileIsProbedAtOnce() {
    breaker.late(0);
    breaker.tryProbe(2, 1);
    breaker.late(3);
    assertThat(breaker.tryProbe(5, 4)).as("has to wait").isFalse();
    breaker.tryProbe(Duration.ofSeconds(1).toNanos(), 4);
    for (int i = 0; i <= Breaker.WINDOW; i++) {
      breaker.success();
    }
    long later = Duration.ofSeconds(2).toNanos();
    breaker.late(later);
    assertThat(breaker.tryProbe(later + 2, later + 1)).isTrue();
  }
}
