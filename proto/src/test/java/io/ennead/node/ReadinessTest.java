package io.ennead.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadinessTest {
  private final Readiness readiness = new Readiness();

  @Test
  void isReadyWhenNothingIsMissing() {
    assertThat(readiness.ready()).isTrue();
    assertThat(readiness.missing()).isEmpty();
  }

  @Test
  void missingPartsAreListedInOrderWithTheirLatestDetail() {
    readiness.waitFor("weights", "0 %");
    readiness.waitFor("warm-up", "not started");
    readiness.waitFor("weights", "50 %");
    assertThat(readiness.ready()).isFalse();
    assertThat(readiness.missing()).containsExactly("weights: 50 %", "warm-up: not started");
  }

  @Test
  void partsComeAndGo() {
    readiness.waitFor("experts", "3");
    readiness.done("experts");
    assertThat(readiness.ready()).isTrue();
    readiness.waitFor("experts", "5");
    assertThat(readiness.ready()).isFalse();
  }

  @Test
  void drainingIsForEver() {
    readiness.waitFor("weights", "0 %");
    readiness.drain();
    readiness.done("weights");
    assertThat(readiness.ready()).isFalse();
    assertThat(readiness.missing()).containsExactly("draining");
  }

  @Test
  void listenersHearEveryChangeOnceAndSeeTheNewState() {
    List<Boolean> seen = new ArrayList<>();
    readiness.onChange(() -> seen.add(readiness.ready()));
    readiness.waitFor("a", "x");
    readiness.waitFor("a", "x");
    readiness.done("a");
    readiness.done("a");
    readiness.drain();
    readiness.drain();
    assertThat(seen).containsExactly(false, true, false);
  }
}
