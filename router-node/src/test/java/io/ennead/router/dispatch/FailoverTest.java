package io.ennead.router.dispatch;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.errors.ServingException;
import io.ennead.router.dispatch.RemoteExpertLayer.Patience;
import io.ennead.router.moe.CallScope;
import io.ennead.router.moe.CombinedRows;
import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.router.moe.Routing;
import io.ennead.router.moe.RoutingObserver;
import io.ennead.router.peer.ExpertPeer;
import io.ennead.router.placement.Placement;
import io.ennead.v1.ErrorReason;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Label;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FailoverTest {
  private static final int EXPERTS = 4;
  private static final Duration BUDGET = Duration.ofMillis(300);
  private static final Duration LONG = Duration.ofSeconds(20);

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final ScriptedPeer a = new ScriptedPeer(1);
  private final ScriptedPeer b = new ScriptedPeer(2);
  private final ScriptedPeer c = new ScriptedPeer(3);

  private RemoteExpertLayer layer(Duration budget, ExpertPeer... peers) {
    Placement placement = new Placement(List.of(0), EXPERTS, ScriptedPeer.holders(EXPERTS, peers));
    return new RemoteExpertLayer(
        () -> placement,
        1,
        new Patience(budget, budget),
        new DispatchMetrics(registry, EXPERTS, Optional.empty()),
        new ExpertRowCounts(List.of(0), EXPERTS));
  }

  /** Row r is r + 1 and goes to expert r, so that the sum is (r + 1) * (r + 1). */
  private static CombinedRows run(RemoteExpertLayer layer, int rows) {
    return run(layer, rows, () -> {});
  }

  private static CombinedRows run(RemoteExpertLayer layer, int rows, Runnable meanwhile) {
    float[] hidden = new float[rows];
    int[] experts = new int[rows];
    float[] weights = new float[rows];
    for (int row = 0; row < rows; row++) {
      hidden[row] = row + 1;
      experts[row] = row % EXPERTS;
      weights[row] = 1;
    }
    return layer.forward(
        0,
        Phase.DECODE,
        hidden,
        new Routing(rows, 1, experts, weights),
        CallScope.unbounded(),
        RoutingObserver.NONE,
        meanwhile);
  }

  private static void assertRight(CombinedRows rows) {
    assertThat(rows.failures()).isEmpty();
    for (int row = 0; row < rows.values().length; row++) {
      assertThat(rows.values()[row]).isEqualTo((row + 1) * (row % EXPERTS + 1f));
    }
  }

  /** Enough calls for percentiles, so that hedging begins. */
  private static void settleIn(RemoteExpertLayer layer) {
    for (int i = 0; i < 2 * Latencies.ENOUGH; i++) {
      assertRight(run(layer, EXPERTS));
    }
  }

  @Test
  void aNodeThatHangsIsReplacedWhenItsBudgetIsOver() {
    a.hang(true);
    RemoteExpertLayer layer = layer(BUDGET, a, b);
    long start = System.nanoTime();
    assertRight(run(layer, 1));
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isBetween(BUDGET, BUDGET.multipliedBy(4));
    assertThat(a.replies().get(0)).as("taken back").isCancelled();
    assertThat(count("ennead_expert_failovers", a.address() + " LATE")).isEqualTo(1);
  }

  /** A counter's value for such label values, in the order of their names. */
  private double count(String name, String labels) {
    return registry.scrape(name::equals).stream()
        .flatMap(snapshot -> ((CounterSnapshot) snapshot).getDataPoints().stream())
        .filter(
            point ->
                point.getLabels().stream()
                    .map(Label::getValue)
                    .collect(joining(" "))
                    .equals(labels))
        .mapToDouble(CounterDataPointSnapshot::getValue)
        .sum();
  }

  @Test
  void afterThatItGetsNoCallsUntilItIsHeardFrom() {
    a.hang(true);
    RemoteExpertLayer layer = layer(BUDGET, a, b);
    run(layer, 1);
    int calls = a.calls();
    for (int i = 0; i < 20; i++) {
      assertRight(run(layer, EXPERTS));
    }
    assertThat(a.calls()).isEqualTo(calls);
    a.hang(false);
    a.sayHello();
    assertRight(run(layer, 1));
    assertThat(a.calls()).as("one probe").isEqualTo(calls + 1);
  }

  @Test
  void aProbeThatHangsStallsNobodyWhoHasAReplica() {
    a.hang(true);
    RemoteExpertLayer layer = layer(BUDGET, a, b);
    run(layer, 1);
    a.sayHello();
    long start = System.nanoTime();
    assertRight(run(layer, 1));
    assertThat(a.calls()).isEqualTo(2);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(BUDGET);
  }

  @Test
  void theOnlyHolderIsNotAwaitedAgainAndAgain() {
    a.hang(true);
    RemoteExpertLayer layer = layer(BUDGET, a);
    assertThat(error(run(layer, 1))).hasMessageContaining("no answer within 300 ms");
    long start = System.nanoTime();
    ServingException second = error(run(layer, 1));
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(BUDGET);
    assertThat(second.reason()).isEqualTo(ErrorReason.ERROR_REASON_EXPERT_UNREACHABLE);
    assertThat(second).hasMessageContaining("does not answer; is asked again when it does");
    a.hang(false);
    a.sayHello();
    assertRight(run(layer, EXPERTS));
  }

  private static ServingException error(CombinedRows rows) {
    assertThat(rows.failures()).containsOnlyKeys(0);
    return rows.failures().get(0);
  }

  @Test
  void aSlowNodeIsHedgedLongBeforeItsBudget() {
    RemoteExpertLayer layer = layer(LONG, a, b);
    settleIn(layer);
    ScriptedPeer slow = a.calls() >= b.calls() ? a : b;
    slow.delay(5000);
    long start = System.nanoTime();
    for (int i = 0; i < 4; i++) {
      assertRight(run(layer, EXPERTS));
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(4));
    assertThat(count("ennead_expert_hedges", "won")).isPositive();
    assertThat(count("ennead_expert_failovers", slow.address() + " LATE")).isZero();
  }

  @Test
  void whatIsLateMayStillBeTheFirstToAnswer() {
    a.delay(BUDGET.toMillis() + 150);
    b.hang(true);
    RemoteExpertLayer layer = layer(BUDGET, a, b);
    assertRight(run(layer, 1));
  }

  @Test
  void everyHolderIsAskedBeforeRowsFail() {
    a.hang(true);
    b.hang(true);
    assertRight(run(layer(BUDGET, a, b, c), 2));
  }

  @Test
  void nonsenseIsComputedAgainElsewhere() {
    a.distort(Float.NaN);
    RemoteExpertLayer layer = layer(LONG, a, b);
    for (int i = 0; i < 10; i++) {
      assertRight(run(layer, EXPERTS));
    }
    assertThat(b.calls()).isPositive();
    assertThat(count("ennead_expert_failovers", a.address() + " NOT_FINITE")).isPositive();
  }

  @Test
  void nonsenseOfTheOnlyHolderFailsItsRowsOnly() {
    a.distort(Float.NaN);
    CombinedRows rows = run(layer(LONG, a), 2);
    assertThat(rows.failures()).containsOnlyKeys(0, 1);
    assertThat(rows.failures().get(0)).hasMessageContaining("NaN or infinity");
    assertThat(rows.values()).containsOnly(0f);
  }

  @Test
  void workIsSharedByThoseThatHoldAnExpert() {
    a.delay(20); // long beside what the machine's other work adds to a call
    b.delay(20);
    RemoteExpertLayer layer = layer(LONG, a, b);
    settleIn(layer);
    int before = a.calls();
    int beforeOfBoth = a.calls() + b.calls();
    List<CompletableFuture<CombinedRows>> all =
        IntStream.range(0, 40)
            .mapToObj(i -> CompletableFuture.supplyAsync(() -> run(layer, 64)))
            .toList();
    all.forEach(rows -> assertRight(rows.join()));
    double share = (double) (a.calls() - before) / (a.calls() + b.calls() - beforeOfBoth);
    assertThat(share).isBetween(0.2, 0.8);
  }

  @Test
  void aFasterNodeGetsMore() {
    a.delay(20);
    b.delay(1);
    RemoteExpertLayer layer = layer(LONG, a, b);
    for (int i = 0; i < 50; i++) {
      assertRight(run(layer, 1));
    }
    assertThat(b.calls()).isGreaterThan(3 * a.calls());
  }

  @Test
  void aNodeThatStoppedForAWhileIsUsedAgainSoon() {
    RemoteExpertLayer layer = layer(LONG, a, b);
    settleIn(layer);
    a.delay(300);
    for (int i = 0; i < 5; i++) {
      assertRight(run(layer, EXPERTS));
    }
    a.delay(0);
    int calls = a.calls();
    long start = System.nanoTime();
    while (a.calls() < calls + 5) {
      assertRight(run(layer, EXPERTS));
    }
    // Were it forgotten as slowly as that a node is slow, it would take twelve.
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(4));
  }

  @Test
  void theOnlyHolderMayBecomeSlower() {
    Placement placement = new Placement(List.of(0), EXPERTS, ScriptedPeer.holders(EXPERTS, a));
    RemoteExpertLayer layer =
        new RemoteExpertLayer(
            () -> placement,
            1,
            new Patience(Duration.ofSeconds(2), LONG),
            new DispatchMetrics(registry, EXPERTS, Optional.empty()),
            new ExpertRowCounts(List.of(0), EXPERTS));
    settleIn(layer);
    a.delay(150); // three times the budget of calls that took no time
    assertRight(run(layer, EXPERTS));
  }

  @Test
  void theCallersWorkRunsOnceWhileTheAnswersAreOutstanding() {
    a.hang(true);
    AtomicInteger times = new AtomicInteger();
    RemoteExpertLayer layer = layer(LONG, a);
    assertRight(
        run(
            layer,
            1,
            () -> {
              assertThat(a.calls()).as("asked before").isEqualTo(1);
              times.incrementAndGet();
              a.answer(); // not before
            }));
    assertThat(times).hasValue(1);
  }

  @Test
  void theCallersWorkThatFailsTakesTheCallsBack() {
    a.hang(true);
    RemoteExpertLayer layer = layer(LONG, a);
    IllegalStateException failure = new IllegalStateException("of the shared expert");
    assertThatThrownBy(
            () ->
                run(
                    layer,
                    1,
                    () -> {
                      throw failure;
                    }))
        .isSameAs(failure);
    assertThat(a.replies().get(0)).isCancelled();
  }
}
