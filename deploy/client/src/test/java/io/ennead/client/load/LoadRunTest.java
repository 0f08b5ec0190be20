package io.ennead.client.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.client.EnneadClient;
import io.ennead.client.FakeRouter;
import io.ennead.client.load.LoadPlan.Objective;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Runs against a router without a model, over real sockets. */
@Timeout(30)
class LoadRunTest {
  private FakeRouter router;
  private EnneadClient client;

  @BeforeEach
  void open() throws IOException {
    router = new FakeRouter();
    client = EnneadClient.connect(router.address());
  }

  @AfterEach
  void close() {
    client.close();
    router.close();
  }

  @Test
  void everyRequestIsOfThePlanAndIsRecorded() throws InterruptedException {
    LoadRun run = run(plan(new Arrivals.Closed(3), 40));
    LoadResult result = run.run();
    assertThat(result.requests()).hasSize(40);
    assertThat(result.succeeded()).isEqualTo(40);
    assertThat(result.good()).isEqualTo(40);
    assertThat(result.errors()).isEmpty();
    for (RequestRecord request : result.requests()) {
      assertThat(request.promptTokens()).isIn(2, 3, 9);
      assertThat(request.tokens()).isBetween(4, 6);
      assertThat(request.firstTokenNanos()).isPositive().isLessThanOrEqualTo(request.nanos());
    }
    int tokens = result.requests().stream().mapToInt(RequestRecord::tokens).sum();
    assertThat(result.gaps().getTotalCount()).isEqualTo(tokens - 40);
    assertThat(result.latencies().getTotalCount()).isEqualTo(40);
    assertThat(run.progress()).isEqualTo(new LoadRun.Progress(40, 40));
    assertThat(router.requests).hasSize(40);
    assertThat(router.requests)
        .allSatisfy(
            request -> {
              assertThat(request.getStopping().getIgnoreEos()).isTrue();
              assertThat(request.getTokenIds().getIdsList()).allMatch(id -> id < 50);
            });
  }

  @Test
  void theSameSeedSendsTheSameRequests() throws InterruptedException {
    run(plan(new Arrivals.Closed(1), 10)).run();
    run(plan(new Arrivals.Poisson(1000), 10)).run();
    assertThat(router.requests.subList(10, 20)) // which may overtake each other on the way
        .containsExactlyInAnyOrderElementsOf(router.requests.subList(0, 10));
  }

  @Test
  void anOpenLoopCountsFromTheMomentARequestWasDue() throws InterruptedException {
    LoadResult result = run(plan(new Arrivals.Poisson(500), 30)).run();
    assertThat(result.requests()).hasSize(30);
    assertThat(result.requests().get(0).dueNanos()).isPositive();
    assertThat(result.nanos())
        .isEqualTo(
            result.requests().stream()
                .mapToLong(request -> request.dueNanos() + request.nanos())
                .max()
                .orElseThrow());
  }

  @Test
  void theDurationEndsTheSending() throws InterruptedException {
    LoadPlan plan =
        new LoadPlan(
            new Arrivals.Closed(1),
            Integer.MAX_VALUE,
            Optional.of(Duration.ofMillis(200)),
            Duration.ofSeconds(10),
            Optional.of(Lengths.parse("2")),
            Optional.of(Lengths.parse("3")),
            Objective.NONE,
            1);
    LoadResult result = run(plan).run();
    assertThat(result.requests())
        .isNotEmpty()
        .allMatch(request -> request.dueNanos() < Duration.ofMillis(200).toNanos());
  }

  @Test
  void whatFailsIsCountedByItsReason() throws InterruptedException {
    router.close();
    LoadResult result = run(plan(new Arrivals.Closed(2), 5)).run();
    assertThat(result.succeeded()).isZero();
    assertThat(result.good()).isZero();
    assertThat(result.errors().values()).containsExactly(5);
    assertThat(result.latencies().getTotalCount()).isZero();
  }

  @Test
  void theObjectiveTellsGoodRequests() {
    Objective objective =
        new Objective(Optional.of(Duration.ofNanos(100)), Optional.of(Duration.ofNanos(10)));
    assertThat(objective.metBy(new RequestRecord(0, 100, 150, 1, 6, Optional.empty()))).isTrue();
    assertThat(objective.metBy(new RequestRecord(0, 101, 150, 1, 6, Optional.empty()))).isFalse();
    assertThat(objective.metBy(new RequestRecord(0, 100, 151, 1, 6, Optional.empty()))).isFalse();
    assertThat(objective.metBy(new RequestRecord(0, 100, 100, 1, 1, Optional.empty()))).isTrue();
    assertThat(Objective.NONE.metBy(new RequestRecord(0, 1, 1, 1, 1, Optional.of("X")))).isFalse();
  }

  private LoadRun run(LoadPlan plan) {
    RequestMix mix =
        new RequestMix(plan.promptTokens().get(), plan.tokens().get(), 50, plan.seed());
    return new LoadRun(List.of(client), plan, mix);
  }

  private static LoadPlan plan(Arrivals arrivals, int total) {
    return new LoadPlan(
        arrivals,
        total,
        Optional.empty(),
        Duration.ofSeconds(10),
        Optional.of(Lengths.parse("2-3,9")),
        Optional.of(Lengths.parse("4-6")),
        Objective.NONE,
        11);
  }
}
