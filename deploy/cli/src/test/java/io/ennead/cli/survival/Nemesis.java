package io.ennead.cli.survival;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Does harm to nodes of a cluster, and notes when, in the time of a history. */
final class Nemesis {
  private static final String HOLE = "black hole";

  private final TestCluster cluster;
  private final History history;
  private final List<Deed> deeds = new CopyOnWriteArrayList<>();

  Nemesis(TestCluster cluster, History history) {
    this.cluster = cluster;
    this.history = history;
  }

  /** What was done, and when. */
  record Deed(long micros, String what) {
    @Override
    public String toString() {
      return History.times(micros) + " " + what;
    }
  }

  long kill(int expert) {
    return deed("SIGKILL", expert, () -> cluster.expert(expert).kill());
  }

  long terminate(int expert) {
    return deed("SIGTERM", expert, () -> cluster.expert(expert).terminate());
  }

  long freeze(int expert) {
    return deed("SIGSTOP", expert, () -> cluster.expert(expert).freeze());
  }

  long thaw(int expert) {
    return deed("SIGCONT", expert, () -> cluster.expert(expert).thaw());
  }

  long blackhole(int expert) {
    return deed(
        HOLE,
        expert,
        () -> {
          Toxic hole = new Toxic.Timeout(Duration.ZERO);
          cluster.proxy(expert).add(HOLE + " up", Direction.UPSTREAM, hole);
          cluster.proxy(expert).add(HOLE + " down", Direction.DOWNSTREAM, hole);
        });
  }

  /** Spoils what the node sends and gets. */
  long spoil(int expert, Toxic toxic) {
    return deed(
        toxic.toString(),
        expert,
        () -> {
          cluster.proxy(expert).add(toxic + " up", Direction.UPSTREAM, toxic);
          cluster.proxy(expert).add(toxic + " down", Direction.DOWNSTREAM, toxic);
        });
  }

  /** Has the kernel drop this share of the packets to and from the node's proxy. */
  PacketLoss losePackets(int expert, int percent) {
    PacketLoss[] loss = new PacketLoss[1];
    deed(
        "packet loss of %d %%".formatted(percent),
        expert,
        () -> loss[0] = PacketLoss.begin(cluster.proxy(expert).port(), percent));
    return loss[0];
  }

  long healNetwork(int expert) {
    return deed("healed", expert, () -> cluster.proxy(expert).clear());
  }

  long restart(int expert) {
    return deed("restart", expert, () -> cluster.expert(expert).restart());
  }

  /** A start that the machine holds up: as a slow disk does. */
  long restartSlowly(int expert, Duration held) throws InterruptedException {
    long started = deed("slow restart", expert, () -> cluster.expert(expert).restart());
    cluster.expert(expert).freeze();
    Thread.sleep(held.toMillis());
    cluster.expert(expert).thaw();
    return started;
  }

  /** When the node's /readyz says 200. */
  long awaitReady(int expert, Duration limit) {
    cluster.expert(expert).awaitReady(limit);
    return note("ready", expert, history.nowMicros());
  }

  List<Deed> deeds() {
    return List.copyOf(deeds);
  }

  private long deed(String what, int expert, Runnable action) {
    long now = history.nowMicros();
    action.run();
    return note(what, expert, now);
  }

  private long note(String what, int expert, long now) {
    deeds.add(new Deed(now, "%s of expert node %d".formatted(what, expert)));
    return now;
  }
}
