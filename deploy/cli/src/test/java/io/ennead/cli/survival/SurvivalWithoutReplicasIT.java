package io.ennead.cli.survival;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;

/** Eight expert nodes that hold every expert once: requests end as each of them asked for. */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(600)
class SurvivalWithoutReplicasIT {
  private static final int VICTIM = 2;
  private static final String UNREACHABLE = "EXPERT_UNREACHABLE";
  private static final Duration DETECTION = Duration.ofMillis(500);
  private static final Duration RECOVERY = Duration.ofMillis(500);
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration BEFORE = Duration.ofSeconds(1);
  private static final Duration AFTER = Duration.ofSeconds(2);

  private Bench bench;

  @BeforeAll
  void start() throws Exception {
    bench = Bench.start("single", 1, 1, List.of(VICTIM));
  }

  @AfterAll
  void close() throws IOException {
    bench.close();
  }

  @AfterEach
  void heal() throws Exception {
    bench.heal();
  }

  @Test
  void aKilledNodeEndsItsRequestsByATypedErrorAndServesAgainWhenItIsBack() throws Exception {
    fail("fail-kill", e -> e.nemesis().kill(VICTIM), e -> e.nemesis().restart(VICTIM));
  }

  @Test
  void aNodeFrozenForTwoSecondsEndsItsRequestsByATypedError() throws Exception {
    fail("fail-freeze-2s", e -> e.nemesis().freeze(VICTIM), e -> e.nemesis().thaw(VICTIM));
  }

  @Test
  void aNodeInABlackHoleEndsItsRequestsByATypedError() throws Exception {
    fail(
        "fail-blackhole", e -> e.nemesis().blackhole(VICTIM), e -> e.nemesis().healNetwork(VICTIM));
  }

  /** Something that keeps a node from answering, or its end. */
  private interface Act {
    long on(Episode episode);
  }

  private void fail(String name, Act fault, Act end) throws Exception {
    try (Episode episode = bench.begin(name).underLoad()) {
      episode.runFor(BEFORE);
      long from = fault.on(episode);
      episode.runFor(AFTER);
      end.on(episode);
      long ready = episode.nemesis().awaitReady(VICTIM, START);
      long served = awaitServed(episode, ready);
      Outcome outcome = episode.end(Optional.empty()).print().isRight();
      assertThat(outcome.failures())
          .as(outcome.toString())
          .isNotEmpty()
          .allMatch(line -> line.reason().equals(UNREACHABLE));
      long told = outcome.timeline().firstEnd(UNREACHABLE, from).orElseThrow();
      outcome.took("detection", told - from, DETECTION).took("recovery", served - ready, RECOVERY);
    }
  }

  /** When the first token came of a request that was sent when the node was back. */
  private static long awaitServed(Episode episode, long ready) {
    return Awaitility.await("a token after the node is back")
        .pollInterval(Duration.ofMillis(20))
        .atMost(START)
        .until(
            () -> episode.timeline().firstTokenOfARequestSentAfter(ready), OptionalLong::isPresent)
        .orElseThrow();
  }
}
