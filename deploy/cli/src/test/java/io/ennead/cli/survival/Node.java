package io.ennead.cli.survival;

import io.ennead.cli.cluster.PortPlan.Ports;
import io.ennead.cli.cluster.ProcStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * A node's process, which can be ended, held and started again, by one thread; others may watch.
 */
final class Node implements AutoCloseable {
  private static final Duration KILL_LIMIT = Duration.ofSeconds(10);
  private static final Duration POLL = Duration.ofMillis(10);

  private final String name;
  private final Ports ports;
  private final Supplier<Process> launcher;
  private volatile Process process;

  private Node(String name, Ports ports, Supplier<Process> launcher, Process process) {
    this.name = name;
    this.ports = ports;
    this.launcher = launcher;
    this.process = process;
  }

  static Node start(String name, Ports ports, Supplier<Process> launcher) {
    return new Node(name, ports, launcher, launcher.get());
  }

  String name() {
    return name;
  }

  String address() {
    return ports.address();
  }

  long pid() {
    return process.pid();
  }

  AdminPage admin() {
    return new AdminPage(ports.admin());
  }

  boolean isReady() {
    return admin().get("/readyz").isPresent();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Starts the process again, after its end. */
  void restart() {
    if (process.isAlive()) {
      throw new IllegalStateException(name + " runs (expected: ended)");
    }
    process = launcher.get();
  }

  void awaitReady(Duration limit) {
    Awaitility.await(name + " is ready")
        .pollDelay(Duration.ZERO)
        .pollInterval(POLL)
        .atMost(limit)
        .until(this::isReadyOrEnded);
    if (!process.isAlive()) {
      throw new AssertionError("%s ended with %d".formatted(name, process.exitValue()));
    }
  }

  private boolean isReadyOrEnded() {
    return isReady() || !process.isAlive();
  }

  /** SIGKILL, and waits for the end. */
  void kill() {
    process.destroyForcibly();
    awaitEnd(KILL_LIMIT);
  }

  /** SIGTERM. */
  void terminate() {
    process.destroy();
  }

  /** The exit code. */
  int awaitEnd(Duration limit) {
    try {
      if (!process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new AssertionError("%s still runs after %s".formatted(name, limit));
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** SIGSTOP: it keeps its connections and does nothing. */
  void freeze() {
    signal("STOP");
  }

  /** SIGCONT. */
  void thaw() {
    signal("CONT");
  }

  private void signal(String signal) {
    try {
      Process kill =
          new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
              .inheritIO()
              .start();
      if (!kill.waitFor(5, TimeUnit.SECONDS) || kill.exitValue() != 0) {
        throw new IllegalStateException("kill -%s of %s failed".formatted(signal, name));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** What the system says of the process; empty when it is gone. */
  Optional<Usage> usage() {
    Path proc = Path.of("/proc", Long.toString(process.pid()));
    try (Stream<Path> files = Files.list(proc.resolve("fd"))) {
      ProcStatus status = ProcStatus.of(process.pid()).orElseThrow();
      return Optional.of(
          new Usage(
              status.residentBytes().orElseThrow(), status.threads().orElseThrow(), files.count()));
    } catch (IOException | NoSuchElementException e) {
      return Optional.empty(); // a zombie has a status without memory
    }
  }

  /** Of one process. */
  record Usage(long residentBytes, long threads, long openFiles) {}

  @Override
  public void close() {
    process.destroyForcibly(); // also ends a frozen one
    awaitEnd(KILL_LIMIT);
  }
}
