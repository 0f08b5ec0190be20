package io.ennead.cli.survival;

import io.ennead.v1.GenerateRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** A time under load in which things are done to a cluster. Used by one thread. */
final class Episode implements AutoCloseable {
  static final Duration LIMIT = Duration.ofSeconds(15);
  static final int STREAMS = 8;

  /** Clients of the first and of the second router. */
  static final List<String> ROUTERS = List.of("router-0", "router-1");

  private final Bench bench;
  private final History history;
  private final Nemesis nemesis;
  private final List<Load> loads = new ArrayList<>();
  private final Deque<Client> clients = new ArrayDeque<>();

  Episode(Bench bench, History history) {
    this.bench = bench;
    this.history = history;
    this.nemesis = new Nemesis(bench.cluster(), history);
  }

  /** Eight streams of the bench's requests to the first router. */
  Episode underLoad() {
    return underLoad(ROUTERS.get(0), 0);
  }

  /** Eight streams of the bench's requests to a router. */
  Episode underLoad(String client, int router) {
    return underLoad(client, router, STREAMS, LIMIT, request -> request);
  }

  /** Streams of the bench's requests, with something changed. */
  Episode underLoad(
      String client,
      int router,
      int streams,
      Duration limit,
      UnaryOperator<GenerateRequest> change) {
    List<GenerateRequest> requests = bench.requests().stream().map(change).toList();
    loads.add(Load.start(client(client, router), requests, limit, streams));
    return this;
  }

  /** A further client of a router. */
  Client client(String name, int router) {
    String address = bench.cluster().router(router).address();
    Client client = Client.connect(name, address, history);
    clients.push(client);
    return client;
  }

  /** The known requests. */
  List<GenerateRequest> requests() {
    return bench.requests();
  }

  Nemesis nemesis() {
    return nemesis;
  }

  TestCluster cluster() {
    return bench.cluster();
  }

  long nowMicros() {
    return history.nowMicros();
  }

  Timeline timeline() {
    return new Timeline(history.lines());
  }

  /** Lets the load go on. */
  void runFor(Duration time) throws InterruptedException {
    Thread.sleep(time.toMillis()); // time under load is what is tested
  }

  /** Ends the load, and judges what came of it. */
  Outcome end(Optional<Duration> longestGap) throws InterruptedException, IOException {
    for (Load load : loads) {
      load.end();
    }
    history.close();
    List<HistoryLine> lines = history.lines();
    return new Outcome(
        bench,
        history.file(),
        lines,
        nemesis.deeds(),
        new HistoryChecker(bench.oracle(), longestGap).check(lines));
  }

  @Override
  public void close() throws IOException {
    loads.forEach(Load::stop);
    while (!clients.isEmpty()) {
      clients.pop().close();
    }
    history.close();
  }
}
