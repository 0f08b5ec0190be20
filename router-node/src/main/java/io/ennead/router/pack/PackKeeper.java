package io.ennead.router.pack;

import io.ennead.errors.ServingException;
import io.ennead.node.DaemonThreads;
import io.ennead.v1.ErrorReason;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has nodes load what is missing of the active packs: after a start of the router, and when a node
 * that held some comes back without, or does not come back. A thread of its own looks once a second
 * and owns the state.
 */
public final class PackKeeper implements AutoCloseable {
  /** How long nodes that are not ready are waited for before others load what they held. */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  private static final Logger logger = LoggerFactory.getLogger(PackKeeper.class);
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  private final PackOperator operator;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(DaemonThreads.named("packs"));

  private long wholeAt; // when nothing was missing, last
  private long failedAt;
  private Duration pause = Duration.ZERO; // after a failure, before the next try
  private List<String> failures = List.of();

  /**
   * Starts nothing; {@link #start} does.
   *
   * @param now a {@link System#nanoTime()}
   */
  PackKeeper(PackOperator operator, long now) {
    this.operator = operator;
    this.wholeAt = now;
    this.failedAt = now;
  }

  /** Looks from now on. */
  public static PackKeeper start(PackOperator operator, PrometheusRegistry registry) {
    PackKeeper keeper = new PackKeeper(operator, System.nanoTime());
    GaugeWithCallback.builder()
        .name("ennead_pack_replicas_missing")
        .help("Replicas of packs' experts that an operator asked for and no ready node holds.")
        .callback(gauge -> gauge.call(operator.missingReplicas()))
        .register(registry);
    long nanos = INTERVAL.toNanos();
    var unused =
        keeper.thread.scheduleWithFixedDelay(
            () -> keeper.look(System.nanoTime()), 0, nanos, TimeUnit.NANOSECONDS);
    return keeper;
  }

  /**
   * One look.
   *
   * @param now a {@link System#nanoTime()}
   */
  void look(long now) {
    try {
      if (operator.missingReplicas() == 0) {
        wholeAt = now;
        settle(now, List.of());
      } else if (now - failedAt >= pause.toNanos() && nodesAreThere(now)) {
        settle(now, operator.refill());
      }
    } catch (ServingException e) {
      if (e.reason() != ErrorReason.ERROR_REASON_QUEUE_FULL) { // else another change: looks again
        settle(now, List.of(String.valueOf(e.getMessage())));
      }
    } catch (RuntimeException e) { // or nobody would look again
      logger.error("packs are not looked after", e);
    }
  }

  private boolean nodesAreThere(long now) {
    return operator.allNodesReady() || now - wholeAt >= PATIENCE.toNanos();
  }

  /** Tries again later and later while something fails, and says what once. */
  private void settle(long now, List<String> failed) {
    if (!failed.isEmpty() && !failed.equals(failures)) {
      logger.warn("packs lack experts: {}", String.join("; ", failed));
    }
    failures = failed;
    failedAt = now;
    pause = failed.isEmpty() ? Duration.ZERO : longer(pause);
  }

  private static Duration longer(Duration pause) {
    Duration twice = pause.isZero() ? INTERVAL : pause.multipliedBy(2);
    return twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
  }

  /** Ends what goes on. */
  @Override
  public void close() {
    thread.shutdownNow();
  }
}
