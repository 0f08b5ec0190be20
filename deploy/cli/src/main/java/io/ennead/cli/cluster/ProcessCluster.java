package io.ennead.cli.cluster;

import io.ennead.cli.cluster.AdminProbe.Readiness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/**
 * A cluster of one process per node on this machine, recorded in a run directory. Outlives the
 * command that started it. Used by one thread; two commands on one directory at a time are not
 * supported.
 */
public final class ProcessCluster {
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration AFTER_FAILURE = Duration.ofSeconds(5);
  private static final Duration KILL_LIMIT = Duration.ofSeconds(10);
  private static final int TAIL_LINES = 15;

  private final RunDirectory directory;

  /** The cluster recorded in a directory, if any. */
  public ProcessCluster(RunDirectory directory) {
    this.directory = directory;
  }

  /** What is known of one node. */
  public record NodeStatus(NodeRecord node, boolean running, boolean ready, String readyz) {
    /** Resident memory in bytes, of a running node and where the system tells it. */
    public OptionalLong residentBytes() {
      return running ? node.residentBytes() : OptionalLong.empty();
    }
  }

  /** Like the other, without TLS. */
  public List<NodeRecord> up(
      ClusterPlan plan, Duration limit, BiConsumer<Integer, Integer> onProgress)
      throws InterruptedException {
    return up(plan, false, limit, onProgress);
  }

  /**
   * Starts every node and returns when all are ready; when one ends or the time is over, ends them
   * all.
   *
   * @param tls whether they speak mutual TLS, with certificates in the run directory
   * @param onProgress ready nodes and all nodes, whenever the first number changes
   */
  public List<NodeRecord> up(
      ClusterPlan plan, boolean tls, Duration limit, BiConsumer<Integer, Integer> onProgress)
      throws InterruptedException {
    requireNoneRunning();
    plan.ports().requireFree();
    ClusterPlan secured = secured(plan, tls);
    List<NodeRecord> nodes = new ArrayList<>();
    try {
      start(secured, nodes);
      awaitReady(probe(), nodes, limit, onProgress);
      return List.copyOf(nodes);
    } catch (RuntimeException | InterruptedException e) {
      end(nodes, AFTER_FAILURE);
      keepOnly(stillThere(nodes));
      throw e;
    }
  }

  private ClusterPlan secured(ClusterPlan plan, boolean tls) {
    if (tls) {
      return plan.withMoreFlags(ClusterTls.issue(directory).nodeFlags());
    }
    ClusterTls.remove(directory);
    return plan;
  }

  private AdminProbe probe() {
    return new AdminProbe(tls());
  }

  /** The TLS of the cluster; empty: it has none. */
  public Optional<ClusterTls> tls() {
    return ClusterTls.of(directory);
  }

  /** Every recorded node; empty when no cluster was started here. */
  public List<NodeStatus> status() throws InterruptedException {
    AdminProbe probe = probe();
    List<NodeStatus> result = new ArrayList<>();
    for (NodeRecord node : directory.load()) {
      boolean running = node.process().isPresent();
      Readiness readiness =
          running ? probe.ask(node.adminPort()) : new Readiness(false, "process is gone");
      result.add(new NodeStatus(node, running, readiness.ready(), readiness.text()));
    }
    return result;
  }

  /**
   * What {@link #down} did.
   *
   * @param ended how many processes it ended
   * @param left nodes whose process id is in use, by a process that is not known to be the node's
   *     or that would not end; they stay recorded
   */
  public record Ended(int ended, List<NodeRecord> left) {}

  /**
   * Ends exactly the recorded processes that still run: asks first, kills after {@code grace}. The
   * router has that time to itself, then the expert nodes have it again.
   */
  public Ended down(Duration grace) {
    List<NodeRecord> nodes = directory.load();
    int ended = end(nodes, grace);
    List<NodeRecord> left = stillThere(nodes);
    keepOnly(left);
    return new Ended(ended, left);
  }

  private static List<NodeRecord> stillThere(List<NodeRecord> nodes) {
    return nodes.stream().filter(NodeRecord::idInUse).toList();
  }

  private void keepOnly(List<NodeRecord> nodes) {
    if (nodes.isEmpty()) {
      directory.clear();
    } else {
      directory.save(nodes);
    }
  }

  private void requireNoneRunning() {
    List<NodeRecord> running =
        directory.load().stream().filter(node -> node.process().isPresent()).toList();
    if (!running.isEmpty()) {
      throw new ClusterException(
          "%d nodes of an earlier cluster run, recorded in %s (end them with cluster down)"
              .formatted(running.size(), directory.path()));
    }
  }

  private void start(ClusterPlan plan, List<NodeRecord> nodes) {
    NodeLauncher launcher = new NodeLauncher(directory);
    for (int node = 0; node < plan.nodes(); node++) {
      add(nodes, launcher.expert(plan, node));
    }
    add(nodes, launcher.router(plan));
  }

  /** Recorded one by one, so that a crash of this command leaves no process unrecorded. */
  private void add(List<NodeRecord> nodes, NodeRecord node) {
    nodes.add(node);
    directory.save(nodes);
  }

  private void awaitReady(
      AdminProbe probe,
      List<NodeRecord> nodes,
      Duration limit,
      BiConsumer<Integer, Integer> onProgress)
      throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    List<NodeRecord> waiting = new ArrayList<>(nodes);
    onProgress.accept(0, nodes.size());
    while (!waiting.isEmpty()) {
      if (removeReady(probe, waiting)) {
        onProgress.accept(nodes.size() - waiting.size(), nodes.size());
        continue;
      }
      if (System.nanoTime() > end) {
        throw tooLate(probe, waiting.get(0), limit);
      }
      Thread.sleep(POLL.toMillis());
    }
  }

  private boolean removeReady(AdminProbe probe, List<NodeRecord> waiting)
      throws InterruptedException {
    int before = waiting.size();
    for (NodeRecord node : List.copyOf(waiting)) {
      if (node.process().isEmpty()) {
        throw new ClusterException(
            "%s ended while starting; the end of %s:\n%s"
                .formatted(
                    node.name(),
                    directory.log(node.name()),
                    directory.logTail(node.name(), TAIL_LINES)));
      }
      if (probe.ask(node.adminPort()).ready()) {
        waiting.remove(node);
      }
    }
    return waiting.size() < before;
  }

  private ClusterException tooLate(AdminProbe probe, NodeRecord node, Duration limit)
      throws InterruptedException {
    return new ClusterException(
        "%s is not ready after %d s: %s; the end of %s:\n%s"
            .formatted(
                node.name(),
                limit.toSeconds(),
                probe.ask(node.adminPort()).text(),
                directory.log(node.name()),
                directory.logTail(node.name(), TAIL_LINES)));
  }

  /** The router first: it drains while its experts still answer. */
  private static int end(List<NodeRecord> nodes, Duration grace) {
    return endAll(running(nodes.stream().filter(NodeRecord::isRouter)), grace)
        + endAll(running(nodes.stream().filter(node -> !node.isRouter())), grace);
  }

  private static List<ProcessHandle> running(Stream<NodeRecord> nodes) {
    return nodes.flatMap(node -> node.process().stream()).toList();
  }

  private static int endAll(List<ProcessHandle> processes, Duration grace) {
    processes.forEach(ProcessHandle::destroy);
    List<ProcessHandle> stubborn = awaitEnd(processes, grace);
    stubborn.forEach(ProcessHandle::destroyForcibly);
    return processes.size() - awaitEnd(stubborn, KILL_LIMIT).size();
  }

  /** Gives back those that still run when the time is over. */
  private static List<ProcessHandle> awaitEnd(List<ProcessHandle> processes, Duration limit) {
    long end = System.nanoTime() + limit.toNanos();
    processes.forEach(process -> awaitEnd(process, end));
    return processes.stream().filter(ProcessHandle::isAlive).toList();
  }

  private static void awaitEnd(ProcessHandle process, long endNanos) {
    try {
      process.onExit().get(Math.max(0, endNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      // The caller asks which ones still run.
    } catch (ExecutionException e) {
      throw new ClusterException("cannot end process " + process.pid(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
