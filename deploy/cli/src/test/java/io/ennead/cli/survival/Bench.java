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

  private static final Duration ORACLE_LIMIT = Duration.ofSeconds(30);
  private static final int REQUESTS = 40;
  private static final int LEAST_TOKENS = 20;
  private static final int MOST_TOKENS = 60;
  private static final int AT_ONCE = 8;

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

  private static Oracle oracle(String name, TestCluster cluster, List<GenerateRequest> requests)
      throws IOException, InterruptedException {
    try (History history = History.open(directory(name).resolve("oracle.jsonl"));
        Client client = Client.connect("oracle", cluster.router(0).address(), history)) {
      Load.once(client, requests, ORACLE_LIMIT, AT_ONCE);
      return Oracle.of(history.lines());
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
