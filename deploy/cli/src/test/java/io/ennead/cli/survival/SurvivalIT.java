package io.ennead.cli.survival;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ennead.client.ClusterClient;
import io.ennead.node.Dialer;
import io.ennead.v1.MoveExpertRequest;
import io.ennead.v1.RebalancePlan;
import io.ennead.v1.RebalanceRequest;
import io.ennead.v1.RebalanceResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Eight expert nodes that hold every expert twice, two routers, and faults: no request fails, no
 * stream stalls, no bit changes.
 */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(600)
class SurvivalIT {
  /** The node that things happen to. */
  private static final int VICTIM = 2;

  private static final Duration STALL = Bench.bound(Duration.ofSeconds(1));
  private static final Duration LAYER_BUDGET = Duration.ofMillis(400);
  private static final Duration DETECTION = Bench.bound(LAYER_BUDGET.plusMillis(100));
  private static final Duration RECOVERY = Bench.bound(Duration.ofMillis(500));
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration GRACE = Duration.ofSeconds(30);
  private static final Duration BEFORE = Duration.ofSeconds(1);
  private static final Duration AFTER = Duration.ofSeconds(2);
  private static final Duration LONG_LOSS = Duration.ofSeconds(20);

  private Bench bench;

  @BeforeAll
  void start() throws Exception {
    bench = Bench.start("replicated", 2, 2, List.of(VICTIM));
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
  void aKilledNodeFailsNoRequestStallsNoStreamAndServesAgainWhenItIsBack() throws Exception {
    try (Episode episode = bench.begin("kill").underLoad()) {
      episode.runFor(BEFORE);
      long fault = episode.nemesis().kill(VICTIM);
      episode.runFor(AFTER);
      episode.nemesis().restart(VICTIM);
      long ready = episode.nemesis().awaitReady(VICTIM, START);
      long served = awaitServing(episode);
      episode
          .end(Optional.of(STALL))
          .print()
          .hasNoFailure()
          .isRight()
          .took("detection", detection(episode, fault), DETECTION)
          .took("recovery", served - ready, RECOVERY);
    }
  }

  @Test
  void aNodeFrozenForTwoSecondsIsDoneWithout() throws Exception {
    freeze("freeze-2s", Duration.ofSeconds(2));
  }

  @Test
  @EnabledIfSystemProperty(named = Bench.LONG, matches = "true")
  void aNodeFrozenForTwelveSecondsIsDoneWithout() throws Exception {
    freeze("freeze-12s", Duration.ofSeconds(12));
  }

  private void freeze(String name, Duration time) throws Exception {
    hold(name, time, e -> e.nemesis().freeze(VICTIM), e -> e.nemesis().thaw(VICTIM));
  }

  @Test
  void aNodeInABlackHoleIsDoneWithout() throws Exception {
    hold(
        "blackhole",
        AFTER,
        e -> e.nemesis().blackhole(VICTIM),
        e -> e.nemesis().healNetwork(VICTIM));
  }

  /** Something that keeps a node from answering, and its end. */
  private interface Act {
    long on(Episode episode);
  }

  private void hold(String name, Duration time, Act fault, Act end) throws Exception {
    try (Episode episode = bench.begin(name).underLoad()) {
      episode.runFor(BEFORE);
      long from = fault.on(episode);
      episode.runFor(time);
      end.on(episode);
      long ready = episode.nemesis().awaitReady(VICTIM, START);
      long served = awaitServing(episode);
      episode
          .end(Optional.of(STALL))
          .print()
          .hasNoFailure()
          .isRight()
          .took("detection", detection(episode, from), DETECTION)
          .took("recovery", served - ready, RECOVERY);
    }
  }

  @Test
  @EnabledIfSystemProperty(named = Bench.LONG, matches = "true")
  void aNodeFiftyMillisecondsAwaySlowsNoStreamDownForASecond() throws Exception {
    spoil("latency", new Toxic.Latency(Duration.ofMillis(50), Duration.ofMillis(10)));
  }

  @Test
  @EnabledIfSystemProperty(named = Bench.LONG, matches = "true")
  void aNodeBehindAMegabytePerSecondStallsNoStream() throws Exception {
    spoil("bandwidth", new Toxic.Bandwidth(1_000_000));
  }

  private void spoil(String name, Toxic toxic) throws Exception {
    try (Episode episode = bench.begin(name).underLoad()) {
      episode.runFor(BEFORE);
      long from = episode.nemesis().spoil(VICTIM, toxic);
      episode.runFor(AFTER);
      episode.nemesis().healNetwork(VICTIM);
      episode.runFor(BEFORE);
      episode
          .end(Optional.of(STALL))
          .print()
          .hasNoFailure()
          .isRight()
          .took("longest silence", episode.timeline().silence(from, AFTER).length(), DETECTION);
    }
  }

  @Test
  void aNodeThatLosesAPacketInAHundredStallsNoStream() throws Exception {
    assumeTrue(PacketLoss.possible(), "packet loss needs nftables and the right to use it");
    try (Episode episode = bench.begin("packet-loss").underLoad()) {
      episode.runFor(BEFORE);
      long from = episode.nowMicros();
      try (PacketLoss loss = episode.nemesis().losePackets(VICTIM, 1)) {
        episode.runFor(Bench.isLong() ? LONG_LOSS : AFTER);
        assertThat(loss.dropped()).isPositive();
      }
      episode.runFor(BEFORE);
      episode
          .end(Optional.of(STALL))
          .print()
          .hasNoFailure()
          .isRight()
          .took("longest silence", episode.timeline().silence(from, AFTER).length(), DETECTION);
    }
  }

  @Test
  void expertNodesRestartedOneAfterTheOtherFailNoRequest() throws Exception {
    int nodes = Bench.isLong() ? TestCluster.NODES : 2;
    List<Integer> exits = new ArrayList<>();
    try (Episode episode = bench.begin("rolling").underLoad()) {
      for (int node = 0; node < nodes; node++) {
        exits.add(restart(episode, node));
      }
      episode.end(Optional.of(STALL)).print().hasNoFailure().isRight();
    }
    assertThat(exits).as("exit codes").hasSize(nodes).containsOnly(0);
  }

  private static int restart(Episode episode, int node) {
    Node expert = episode.cluster().expert(node);
    episode.nemesis().terminate(node);
    int exit = expert.awaitEnd(GRACE);
    episode.nemesis().restart(node);
    episode.nemesis().awaitReady(node, START);
    return exit;
  }

  @Test
  void aRouterThatRestartsFinishesItsRequestsOrSaysWhyNotAndTheOtherFailsNone() throws Exception {
    try (Episode episode = bench.begin("router-restart").underLoad().underLoad("router-1", 1)) {
      episode.runFor(BEFORE);
      Node router = episode.cluster().router(0);
      long told = episode.nowMicros();
      router.terminate();
      int exit = router.awaitEnd(GRACE);
      router.restart();
      router.awaitReady(START);
      long ready = episode.nowMicros();
      Awaitility.await()
          .atMost(START)
          .until(() -> episode.timeline().lastOk("router-0").orElse(0) > ready);
      Outcome outcome = episode.end(Optional.empty()).print();
      outcome.isRightBut("UNAVAILABLE"); // nobody listens meanwhile
      assertThat(outcome.of("router-1")).as(outcome.toString()).allMatch(HistoryLine::isOk);
      assertThat(outcome.of("router-0"))
          .as(outcome.toString())
          .filteredOn(line -> line.startMicros() < told)
          .isNotEmpty()
          .allMatch(line -> line.isOk() || line.reason().equals("NODE_DRAINING"));
      assertThat(exit).as("exit code of the router").isZero();
    }
  }

  @Test
  void twoRoutersShareTheExpertNodesFairlyAndOneOutlivesTheOther() throws Exception {
    try (Episode episode = bench.begin("two-routers").underLoad().underLoad("router-1", 1)) {
      episode.runFor(BEFORE);
      long from = episode.nowMicros();
      episode.runFor(Duration.ofSeconds(4));
      long killed = episode.nowMicros();
      episode.cluster().router(0).kill();
      episode.runFor(AFTER);
      Outcome outcome = episode.end(Optional.empty()).print();
      assertThat(outcome.of("router-1")).as(outcome.toString()).allMatch(HistoryLine::isOk);
      outcome.isRightBut("UNAVAILABLE"); // of the dead router, which can say nothing
      double first = outcome.timeline().throughput("router-0", from, killed);
      double second = outcome.timeline().throughput("router-1", from, killed);
      System.out.printf("two-routers: %.0f and %.0f tokens/s%n", first, second);
      assertThat(first / second).as(outcome.toString()).isBetween(0.67, 1.5);
    }
  }

  @Test
  void expertsMovedThroughOneRouterFailNoRequestOfEitherAndChangeNoBit() throws Exception {
    try (Episode episode = bench.begin("moves").underLoad().underLoad("router-1", 1);
        ClusterClient operator =
            ClusterClient.connect(episode.cluster().clusterAddress(0), Dialer.PLAINTEXT)) {
      episode.runFor(BEFORE);
      move(operator, 0, "expert-0", "expert-1");
      move(operator, 0, "expert-4", ""); // expert 0 is on expert-1 alone now
      assertThat(holders(operator, 0)).containsOnly(List.of("expert-1"));
      episode.runFor(BEFORE);
      move(operator, 0, "", "expert-4");
      move(operator, 0, "expert-1", "expert-0");
      assertThat(holders(operator, 0)).containsOnly(List.of("expert-0", "expert-4"));
      List<RebalanceResponse> progress = new ArrayList<>();
      operator.rebalance(
          RebalanceRequest.newBuilder()
              .setSpareReplicas(Bench.isLong() ? 4 : 7) // of the eight that there are
              .setMinGain(Bench.isLong() ? 0 : 1)
              .build(),
          START,
          progress::add);
      episode.runFor(BEFORE);
      episode.end(Optional.of(STALL)).print().hasNoFailure().isRight();
      RebalancePlan plan = progress.get(0).getPlan();
      System.out.printf(
          "moves: rebalanced with %d moves, imbalance %.2f to %.2f%n",
          plan.getMovesCount(), plan.getImbalance(), plan.getPlannedImbalance());
      assertThat(progress).hasSize(1 + plan.getMovesCount()).hasSizeGreaterThan(1);
    }
  }

  private static void move(ClusterClient operator, int expert, String from, String to) {
    operator.move(
        MoveExpertRequest.newBuilder().setExpert(expert).setFrom(from).setTo(to).build(), START);
  }

  /** The nodes that hold an expert, for each layer. */
  private static Set<List<String>> holders(ClusterClient operator, int expert) {
    return operator.placement(START).getExpertsList().stream()
        .filter(placed -> placed.getExpert() == expert)
        .map(placed -> List.copyOf(placed.getNodesList()))
        .collect(Collectors.toSet());
  }

  /** From the fault, or the last token after it, to the first for which another node was asked. */
  private static long detection(Episode episode, long fault) {
    return episode.timeline().silence(fault, STALL).lengthSince(fault);
  }

  /** When the node that was hurt computes rows again. */
  private static long awaitServing(Episode episode) {
    AdminPage page = episode.cluster().expert(VICTIM).admin();
    double before = page.metric("ennead_expert_rows_total").orElse(0.0);
    Awaitility.await("rows of the node that is back")
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(10))
        .atMost(Duration.ofSeconds(10))
        .until(() -> page.metric("ennead_expert_rows_total").orElse(0.0) > before);
    return episode.nowMicros();
  }
}
