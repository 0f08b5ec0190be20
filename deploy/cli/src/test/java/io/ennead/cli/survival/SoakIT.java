package io.ennead.cli.survival;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.v1.GenerateRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Clients of all kinds and failing nodes at once, for as long as is wanted, and a plain run of ten
 * thousand requests. {@code -Dennead.soak=PT7H} sets the length, {@code -Dennead.seed=N} the seed.
 */
@EnabledIfSystemProperty(named = Bench.LONG, matches = "true")
class SoakIT {
  private static final Duration SAMPLES = Duration.ofSeconds(1);
  private static final Duration START = Duration.ofMinutes(2);
  private static final int PLAIN_REQUESTS = 10_000;
  private static final int PLAIN_STREAMS = 16;

  private final LeakWatch watch = new LeakWatch();

  @Test
  void aMixOfClientsAndFailingNodesLosesNothingAndLeaksNothing() throws Exception {
    Duration length = Duration.parse(System.getProperty("ennead.soak", "PT10M"));
    ExecutorService background = Executors.newFixedThreadPool(2);
    try (Bench bench = Bench.start("soak", 2, 1, List.of());
        Episode episode = bench.begin("soak").underLoad()) {
      System.out.printf("soak of %s, seed %d%n", length, bench.seed());
      long end = System.nanoTime() + length.toNanos();
      Future<?> clients = background.submit(() -> misbehave(bench, episode, end));
      Future<?> faults = background.submit(() -> harm(bench, episode.nemesis(), end));
      while (System.nanoTime() < end) {
        episode.runFor(SAMPLES);
        bench.cluster().nodes().filter(Node::isReady).forEach(watch::sample);
      }
      clients.get(START.toSeconds(), TimeUnit.SECONDS);
      faults.get(START.toSeconds(), TimeUnit.SECONDS);
      Outcome outcome = episode.end(Optional.empty()).print().isRight();
      assertThat(outcome.of(Episode.ROUTERS.get(0)))
          .as("well-behaved clients; %s", outcome)
          .allMatch(HistoryLine::isOk);
      assertNothingLeft(bench);
    } finally {
      background.shutdownNow();
    }
  }

  private static Void misbehave(Bench bench, Episode episode, long end) throws Exception {
    Mischief mischief =
        new Mischief(
            episode.client("mischief", 0),
            bench.requests(),
            bench.cluster().router(0).address(),
            bench.cluster().directory(),
            bench.seed());
    while (System.nanoTime() < end) {
      mischief.act();
    }
    return null;
  }

  /** One node at a time, since each expert is on two. */
  private static Void harm(Bench bench, Nemesis nemesis, long end) throws InterruptedException {
    Random random = new Random(bench.seed());
    while (System.nanoTime() < end) {
      int node = random.nextInt(TestCluster.NODES);
      harm(nemesis, node, random.nextInt(4));
      nemesis.awaitReady(node, START);
      Thread.sleep(1000 + random.nextInt(10_000));
    }
    return null;
  }

  private static void harm(Nemesis nemesis, int node, int kind) throws InterruptedException {
    switch (kind) {
      case 0 -> freeze(nemesis, node, Duration.ofSeconds(2));
      case 1 -> freeze(nemesis, node, Duration.ofSeconds(12));
      case 2 -> {
        nemesis.kill(node);
        nemesis.restart(node);
      }
      default -> {
        nemesis.kill(node);
        nemesis.restartSlowly(node, Duration.ofSeconds(5));
      }
    }
  }

  private static void freeze(Nemesis nemesis, int node, Duration time) throws InterruptedException {
    nemesis.freeze(node);
    Thread.sleep(time.toMillis());
    nemesis.thaw(node);
  }

  @Test
  void memoryIsFlatOverTenThousandRequests() throws Exception {
    try (Bench bench = Bench.start("ten-thousand", 1, 1, List.of());
        History history = History.open(bench.cluster().directory().resolve("ten-thousand.jsonl"));
        Client client = Client.connect("router-0", bench.cluster().router(0).address(), history)) {
      ExecutorService background = Executors.newSingleThreadExecutor();
      try {
        Future<?> sent = background.submit(() -> sendAll(client, bench));
        while (!sent.isDone()) {
          Thread.sleep(SAMPLES.toMillis());
          bench.cluster().nodes().filter(Node::isReady).forEach(watch::sample);
        }
        sent.get();
      } finally {
        background.shutdownNow();
      }
      assertThat(history.lines()).hasSize(PLAIN_REQUESTS).allMatch(HistoryLine::isOk);
      assertNothingLeft(bench);
    }
  }

  private static Void sendAll(Client client, Bench bench) throws Exception {
    List<GenerateRequest> requests = Requests.random(bench.seed() + 1, PLAIN_REQUESTS, 2, 10);
    Load.once(client, requests, Episode.LIMIT, PLAIN_STREAMS);
    return null;
  }

  private void assertNothingLeft(Bench bench) {
    AdminPage page = bench.cluster().router(0).admin();
    for (String metric :
        List.of(
            "ennead_num_requests_running",
            "ennead_num_requests_waiting",
            "ennead_kv_cache_usage_perc")) {
      Awaitility.await(metric + " is 0; seed " + bench.seed())
          .atMost(START)
          .until(() -> page.metric(metric).filter(value -> value == 0).isPresent());
    }
    System.out.print(watch);
    assertThat(watch.growth()).as("seed %d%n%s", bench.seed(), watch).isEmpty();
  }
}
