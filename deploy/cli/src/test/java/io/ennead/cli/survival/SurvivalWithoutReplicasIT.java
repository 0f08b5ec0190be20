package io.ennead.cli.survival;

import static io.ennead.v1.ExpertFailureMode.EXPERT_FAILURE_MODE_DROP;
import static io.ennead.v1.ExpertFailureMode.EXPERT_FAILURE_MODE_WAIT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ennead.v1.ExpertFailureMode;
import io.ennead.v1.GenerateRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Eight expert nodes that hold every expert once: requests end as each of them asked for. */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(600)
class SurvivalWithoutReplicasIT {
  private static final int VICTIM = 2;
  private static final String UNREACHABLE = "EXPERT_UNREACHABLE";
  private static final String FAIL = "fail";
  private static final String WAIT = "wait";
  private static final String DROP = "drop";
  private static final String HURRY = "hurry";
  private static final Duration HURRIED = Duration.ofMillis(1500);

  /** What the router's expert-patience is. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final Duration LONGER_THAN_PATIENCE = Duration.ofSeconds(4);
  private static final Duration DETECTION = Bench.bound(Duration.ofMillis(500));
  private static final Duration RECOVERY = Bench.bound(Duration.ofMillis(500));
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration BEFORE = Duration.ofSeconds(1);
  private static final Duration AFTER = Duration.ofSeconds(2);

  private Bench bench;

  @BeforeAll
  void start() throws Exception {
    bench = Bench.start("single", 1, 1, List.of(VICTIM), "--max-degraded-share=1");
  }

  @AfterAll
  void close() throws IOException {
    if (bench != null) { // it started
      bench.close();
    }
  }

  @AfterEach
  void heal() throws Exception {
    bench.heal();
  }

  @Test
  void aKilledNodeEndsEachRequestAsItAskedForAndServesAgainWhenItIsBack() throws Exception {
    Outcome outcome =
        hurt("kill", AFTER, e -> e.nemesis().kill(VICTIM), e -> e.nemesis().restart(VICTIM));
    assertThat(outcome.of(FAIL)).as(outcome.toString()).anyMatch(line -> !line.isOk());
    assertThat(outcome.of(DROP)).as(outcome.toString()).anyMatch(HistoryLine::degraded);
    assertThat(outcome.of(HURRY)).as(outcome.toString()).anyMatch(line -> !line.isOk());
  }

  @Test
  void aNodeInABlackHoleEndsEachRequestAsItAskedFor() throws Exception {
    hurt(
        "blackhole",
        LONGER_THAN_PATIENCE,
        e -> e.nemesis().blackhole(VICTIM),
        e -> e.nemesis().healNetwork(VICTIM));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 12})
  @EnabledIfSystemProperty(named = Bench.LONG, matches = "true")
  void aFrozenNodeEndsEachRequestAsItAskedFor(int seconds) throws Exception {
    hurt(
        "freeze-" + seconds,
        Duration.ofSeconds(seconds),
        e -> e.nemesis().freeze(VICTIM),
        e -> e.nemesis().thaw(VICTIM));
  }

  @Test
  @EnabledIfSystemProperty(named = Bench.LONG, matches = "true")
  void aNodeFiftyMillisecondsAwayEndsEachRequestAsItAskedFor() throws Exception {
    spoil("latency", new Toxic.Latency(Duration.ofMillis(50), Duration.ofMillis(10)));
  }

  @Test
  @EnabledIfSystemProperty(named = Bench.LONG, matches = "true")
  void aNodeBehindAMegabytePerSecondEndsEachRequestAsItAskedFor() throws Exception {
    spoil("bandwidth", new Toxic.Bandwidth(1_000_000));
  }

  @Test
  @EnabledIfSystemProperty(named = Bench.LONG, matches = "true")
  void aNodeThatLosesAPacketInAHundredEndsEachRequestAsItAskedFor() throws Exception {
    assumeTrue(PacketLoss.possible(), "packet loss needs nftables and the right to use it");
    PacketLoss[] loss = new PacketLoss[1];
    hurt(
        "packet-loss",
        Duration.ofSeconds(20),
        e -> {
          loss[0] = e.nemesis().losePackets(VICTIM, 1);
          return e.nowMicros();
        },
        e -> {
          assertThat(loss[0].dropped()).isPositive();
          loss[0].close();
          return e.nowMicros();
        });
  }

  private void spoil(String name, Toxic toxic) throws Exception {
    hurt(
        name,
        LONGER_THAN_PATIENCE,
        e -> e.nemesis().spoil(VICTIM, toxic),
        e -> e.nemesis().healNetwork(VICTIM));
  }

  /** Something that keeps a node from answering, or its end. */
  private interface Act {
    long on(Episode episode);
  }

  private Outcome hurt(String name, Duration time, Act fault, Act end) throws Exception {
    try (Episode episode = bench.begin(name)) {
      everyPolicy(episode).runFor(BEFORE);
      long from = fault.on(episode);
      episode.runFor(time);
      end.on(episode);
      long ready = episode.nemesis().awaitReady(VICTIM, START);
      long served = awaitServed(episode, ready);
      episode.runFor(BEFORE);
      Outcome outcome = episode.end(Optional.empty()).print().isRight();
      endedAsAskedFor(outcome);
      outcome
          .timeline()
          .firstEnd(UNREACHABLE, from)
          .ifPresent(told -> outcome.took("told", told - from, PATIENCE.plus(DETECTION)));
      return outcome.took("recovery", served - ready, RECOVERY);
    }
  }

  private static Episode everyPolicy(Episode episode) {
    return episode
        .underLoad(FAIL, 0, 2, Episode.LIMIT, request -> request)
        .underLoad(WAIT, 0, 2, START, with(EXPERT_FAILURE_MODE_WAIT))
        .underLoad(DROP, 0, 2, Episode.LIMIT, with(EXPERT_FAILURE_MODE_DROP))
        .underLoad(HURRY, 0, 1, HURRIED, with(EXPERT_FAILURE_MODE_WAIT));
  }

  private static UnaryOperator<GenerateRequest> with(ExpertFailureMode mode) {
    return request -> {
      GenerateRequest.Builder changed = request.toBuilder();
      changed.getRoutingBuilder().getExpertFailureBuilder().setMode(mode);
      return changed.build();
    };
  }

  private static void endedAsAskedFor(Outcome outcome) {
    assertThat(outcome.of(FAIL))
        .as("requests that may fail; %s", outcome)
        .allMatch(line -> line.isOk() || line.reason().equals(UNREACHABLE));
    assertThat(outcome.of(WAIT))
        .as("requests that wait; %s", outcome)
        .allMatch(line -> line.isOk() && !line.degraded());
    assertThat(outcome.of(DROP))
        .as("requests that go on without; %s", outcome)
        .allMatch(HistoryLine::isOk);
    assertThat(outcome.of(HURRY))
        .as("requests that wait and have little time; %s", outcome)
        .allMatch(line -> line.isOk() || line.status().equals("DEADLINE_EXCEEDED"));
  }

  /** When a request that waits got a token after the node was back. */
  private static long awaitServed(Episode episode, long ready) {
    return Awaitility.await("a token after the node is back")
        .pollInterval(Duration.ofMillis(20))
        .atMost(START)
        .until(() -> episode.timeline().firstToken(WAIT, ready), OptionalLong::isPresent)
        .orElseThrow();
  }
}
