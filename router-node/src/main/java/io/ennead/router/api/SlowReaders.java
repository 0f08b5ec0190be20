package io.ennead.router.api;

import io.ennead.errors.ServingException;
import io.ennead.node.DaemonThreads;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * What becomes of clients that do not read: what one leaves unread is bounded, and who takes
 * nothing for too long, though there is something, is cut off. One thread keeps the time. Safe for
 * use by several threads; {@link #close()} ends the thread.
 */
public final class SlowReaders implements AutoCloseable {
  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  private final Limits limits;
  private final ScheduledExecutorService clock;
  private final CounterDataPoint overflows;
  private final CounterDataPoint stalls;

  private SlowReaders(Limits limits, ScheduledExecutorService clock, Counter cut) {
    this.limits = limits;
    this.clock = clock;
    this.overflows = cut.labelValues("buffer");
    this.stalls = cut.labelValues("stall");
  }

  /**
   * What a client may leave unread.
   *
   * @param pieces of one response
   * @param bytes of one response
   * @param stall how long it may take nothing
   */
  public record Limits(int pieces, long bytes, Duration stall) {
    private static final int MAX_PIECES = 4096;
    private static final long MAX_BYTES = 16 << 20;

    /** What a router allows, with traces of so many bytes. */
    public static Limits with(long traceBytes, Duration stall) {
      return new Limits(MAX_PIECES, traceBytes + MAX_BYTES, stall);
    }
  }

  /** Begins to keep the time. */
  public static SlowReaders watch(Limits limits, PrometheusRegistry registry) {
    Counter cut =
        Counter.builder()
            .name("ennead_slow_readers_cut_total")
            .help("Calls that ended since their client did not read: buffer full, or stalled.")
            .labelNames("reason")
            .register(registry);
    var clock = Executors.newSingleThreadScheduledExecutor(DaemonThreads.named("slow-readers"));
    return new SlowReaders(limits, clock, cut);
  }

  /** Whether so much may wait for one client. */
  boolean mayWait(int pieces, long bytes) {
    return pieces <= limits.pieces() && bytes <= limits.bytes();
  }

  /** Counts a client that left too much unread, and says so. */
  public ServingException overflow(String responseId) {
    overflows.inc();
    return ServingException.queueFull(
        "buffer of response " + responseId, limits.pieces(), RETRY_AFTER);
  }

  /** Counts a client that took nothing for too long, and says so. */
  public ServingException stalled() {
    stalls.inc();
    return ServingException.readerStalled(limits.stall());
  }

  /** The watch over one client, which nothing waits for yet. */
  Watch over(Runnable onStall) {
    return new Watch(onStall);
  }

  /** Runs something when a client that took nothing from now on would have stalled. */
  void afterStall(Runnable action) {
    in(limits.stall().toNanos(), action);
  }

  private void in(long nanos, Runnable action) {
    try {
      var unused = clock.schedule(action, nanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      return; // closed: the server ends every call by itself
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }

  /** Whether one client takes what is there for it. Thread-safe. */
  final class Watch {
    private final Runnable onStall;
    private boolean waiting;
    private boolean looking;
    private long since;

    private Watch(Runnable onStall) {
      this.onStall = onStall;
    }

    /**
     * Says how it stands.
     *
     * @param left whether something is left that the client has not taken
     * @param moved whether it has taken something since the last time
     */
    synchronized void note(boolean left, boolean moved) {
      if (left && (moved || !waiting)) {
        since = System.nanoTime();
      }
      waiting = left;
      if (waiting && !looking) {
        lookIn(limits.stall().toNanos());
      }
    }

    private void lookIn(long nanos) {
      looking = true;
      in(nanos, this::look);
    }

    private void look() {
      if (stalled()) {
        onStall.run();
      }
    }

    private synchronized boolean stalled() {
      looking = false;
      long left = since + limits.stall().toNanos() - System.nanoTime();
      if (waiting && left > 0) {
        lookIn(left);
      }
      return waiting && left <= 0;
    }
  }
}
