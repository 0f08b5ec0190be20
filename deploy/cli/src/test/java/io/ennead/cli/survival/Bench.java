package io.ennead.cli.survival;

import io.ennead.v1.GenerateRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A cluster, requests, and what it answered to them before anything was done to it.
 *
 * @param seed of the requests; set another one with -Dennead.seed
 */
record Bench(
    String name, TestCluster cluster, long seed, List<GenerateRequest> requests, Oracle oracle)
    implements AutoCloseable {

  /** Runs long forms of the tests. */
  static final String LONG = "ennead.long";

  private static final Duration UNDISTURBED_LIMIT = Duration.ofMinutes(2);
  private static final int REQUESTS = 24;
  private static final int LEAST_TOKENS = 20;
  private static final int MOST_TOKENS = 60;
  private static final int AT_ONCE = 8;

  /**
   * A bound of time: as it is in the long forms, which want a quiet machine; four times as long in
   * the build, where it is to find what hangs and not what else the machine does.
   */
  static Duration bound(Duration quiet) {
    return isLong() ? quiet : quiet.multipliedBy(4);
  }

  /** Whether the long forms run: {@code deploy/loadtest/survival.sh}. */
  static boolean isLong() {
    return Boolean.getBoolean(LONG);
  }

  static Bench start(
      String name, int replicas, int routers, List<Integer> proxied, String... routerFlags)
      throws IOException, InterruptedException {
    long seed = Long.getLong("ennead.seed", 20261125);
    List<GenerateRequest> requests = Requests.random(seed, REQUESTS, LEAST_TOKENS, MOST_TOKENS);
    TestCluster cluster =
        TestCluster.start(replicas, routers, proxied, directory(name), routerFlags);
    try {
      return new Bench(name, cluster, seed, requests, oracle(name, cluster, requests));
    } catch (IOException | InterruptedException | RuntimeException | Error e) {
      cluster.close();
      throw e;
    }
  }

  private static Path directory(String name) {
    return Path.of("target", "survival", name).toAbsolutePath();
  }

  /** Of all routers: they must agree, and a router's first requests take its code long. */
  private static Oracle oracle(String name, TestCluster cluster, List<GenerateRequest> requests)
      throws IOException, InterruptedException {
    try (History history = History.open(directory(name).resolve("undisturbed.jsonl"))) {
      for (int router = 0; router < cluster.routers(); router++) {
        String address = cluster.router(router).address();
        try (Client client = Client.connect("router-" + router, address, history)) {
          Load.once(client, requests, UNDISTURBED_LIMIT, AT_ONCE);
        }
      }
      return Oracle.of(history.lines());
    }
  }

  /** Ends what a test has left, and warms up what was started again. */
  void heal() throws IOException, InterruptedException {
    cluster.heal();
    Oracle again = oracle(name, cluster, requests.subList(0, AT_ONCE));
    again.answers().forEach((number, answer) -> requireSame(number, answer));
  }

  private void requireSame(int number, Oracle.Answer answer) {
    if (!answer.equals(oracle.answers().get(number))) {
      throw new AssertionError(
          "request %d of seed %d: %s (expected, as before the fault: %s)"
              .formatted(number, seed, answer, oracle.answers().get(number)));
    }
  }

  /** Something that happens to the cluster under load. */
  Episode begin(String episode) throws IOException {
    return new Episode(this, History.open(directory(name).resolve(episode + ".jsonl")));
  }

  @Override
  public void close() throws IOException {
    cluster.close();
  }
}
