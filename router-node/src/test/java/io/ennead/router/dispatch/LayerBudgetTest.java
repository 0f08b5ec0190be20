package io.ennead.router.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ennead.router.moe.ExpertLayer.Phase;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class LayerBudgetTest {
  private static final long SEED = 20_261_125L;
  private static final int UNITS = 10;

  private final LayerBudget budget =
      new LayerBudget(
          new LayerBudget.Limits(
              Duration.ofMillis(50), Duration.ofMillis(400), Duration.ofSeconds(5)));

  private void took(int calls, double milliseconds) {
    for (int i = 0; i < calls; i++) {
      budget.took(Phase.DECODE, UNITS, (long) (milliseconds * 1e6));
    }
  }

  private double milliseconds(int units) {
    return budget.nanos(Phase.DECODE, units) / 1e6;
  }

  @Test
  void untilEnoughIsKnownItIsTheLimit() {
    took(Latencies.ENOUGH - 1, 1);
    assertThat(milliseconds(UNITS)).isEqualTo(5000);
    took(1, 1);
    assertThat(milliseconds(UNITS)).isLessThan(400);
  }

  @Test
  void fastCallsGetTheFloor() {
    took(Latencies.WINDOW, 1);
    assertThat(milliseconds(UNITS)).isEqualTo(50);
  }

  @Test
  void otherwiseItIsEightTimesTheSlowest() {
    took(Latencies.WINDOW, 20);
    assertThat(milliseconds(UNITS)).isCloseTo(160, within(0.01));
    assertThat(milliseconds(2 * UNITS)).as("twice the rows").isCloseTo(320, within(0.01));
  }

  @Test
  void rareSlowCallsDoNotLiftItAboveTheCap() {
    took(Latencies.WINDOW - 32, 2);
    took(32, 3000);
    assertThat(milliseconds(UNITS)).isEqualTo(400);
  }

  @Test
  void whereCallsUsuallyTakeLongTheCapGivesWay() {
    took(Latencies.WINDOW, 300);
    assertThat(milliseconds(UNITS)).isCloseTo(2400, within(0.01));
    took(Latencies.WINDOW, 2000);
    assertThat(milliseconds(UNITS)).as("never beyond the limit").isEqualTo(5000);
  }

  @Test
  void phasesAreApart() {
    took(Latencies.WINDOW, 20);
    assertThat(budget.nanos(Phase.PREFILL, UNITS)).isEqualTo(Duration.ofSeconds(5).toNanos());
  }

  @Test
  void hedgesGoOutWhenACallIsSlowerThanNineteenOfTwenty() {
    assertThat(budget.hedgeNanos(Phase.DECODE, UNITS)).isEqualTo(Duration.ofSeconds(5).toNanos());
    took(Latencies.WINDOW - 64, 20);
    took(64, 30);
    assertThat(budget.hedgeNanos(Phase.DECODE, UNITS) / 1e6).isCloseTo(30, within(0.01));
    took(Latencies.WINDOW, 1);
    assertThat(budget.hedgeNanos(Phase.DECODE, UNITS) / 1e6).as("jitter").isEqualTo(10);
  }

  @Test
  void quantilesAreThoseOfTheSortedWindow() {
    Random random = new Random(SEED);
    Latencies latencies = new Latencies();
    double[] all = DoubleStream.generate(random::nextDouble).limit(10 * Latencies.WINDOW).toArray();
    for (double value : all) {
      latencies.add(value);
    }
    double[] last = Arrays.copyOfRange(all, all.length - Latencies.WINDOW, all.length);
    Arrays.sort(last);
    assertThat(latencies.quantiles())
        .as("seed %d", SEED)
        .isEqualTo(new Latencies.Quantiles(last[255], last[486], last[506]));
  }

  @Test
  void hedgesAreOneOfTwentyCallsAndABurst() {
    HedgeBudget hedges = new HedgeBudget();
    for (int i = 0; i < 10; i++) {
      assertThat(hedges.spend()).isTrue();
    }
    assertThat(hedges.spend()).isFalse();
    int sent = 0;
    for (int i = 0; i < 1000; i++) {
      hedges.earn();
      sent += hedges.spend() ? 1 : 0;
    }
    assertThat(sent).isBetween(49, 50);
  }
}
