package io.ennead.router.balance;

import io.ennead.errors.ServingException;
import io.ennead.node.DaemonThreads;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Rebalances again and again, on a thread of its own. What fails is tried anew the next time. */
public final class BalanceSchedule implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(BalanceSchedule.class);

  private final Balancer balancer;
  private final BalanceOptions options;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(DaemonThreads.named("balance"));

  private BalanceSchedule(Balancer balancer, BalanceOptions options) {
    this.balancer = balancer;
    this.options = options;
  }

  /** Rebalances after every interval. */
  public static BalanceSchedule start(
      Balancer balancer, BalanceOptions options, Duration interval) {
    BalanceSchedule schedule = new BalanceSchedule(balancer, options);
    long nanos = interval.toNanos();
    var unused =
        schedule.thread.scheduleWithFixedDelay(
            schedule::rebalance, nanos, nanos, TimeUnit.NANOSECONDS);
    return schedule;
  }

  private void rebalance() {
    try {
      balancer.rebalance(options, BalanceSchedule::log, move -> {});
    } catch (ServingException e) {
      logger.warn("rebalancing ended: {}", e.getMessage());
    } catch (RuntimeException e) { // or it would never be tried again
      logger.error("rebalancing failed", e);
    }
  }

  private static void log(Plan plan) {
    if (!plan.moves().isEmpty()) {
      logger.info(
          "rebalancing with {} moves: busiest node over the mean {} now, {} then",
          plan.moves().size(),
          plan.imbalance(),
          plan.planned());
    }
  }

  /** Ends the change in progress. */
  @Override
  public void close() {
    thread.shutdownNow();
  }
}
