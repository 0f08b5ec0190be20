package io.ennead.node;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a node's process in order when it is told to (SIGTERM, SIGINT), with status 0: first it is
 * not ready any more, then those who ask before they call have a while to see that, then it is
 * closed. Thread-safe.
 */
public final class Shutdown {
  private static final Logger logger = LoggerFactory.getLogger(Shutdown.class);

  private final Thread hook;

  private Shutdown(Thread hook) {
    this.hook = hook;
  }

  /**
   * From now on.
   *
   * @param delay between the end of readiness and the end of accepting calls
   * @param close ends the node, within a bound of its own
   */
  public static Shutdown onSignal(Readiness readiness, Duration delay, Runnable close) {
    Shutdown shutdown = new Shutdown(new Thread(() -> end(readiness, delay, close), "shutdown"));
    Runtime.getRuntime().addShutdownHook(shutdown.hook);
    return shutdown;
  }

  private static void end(Readiness readiness, Duration delay, Runnable close) {
    logger.info("told to end");
    readiness.drain();
    try {
      TimeUnit.NANOSECONDS.sleep(delay.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    close.run();
    // Java's own status would be 143, which supervisors take for a failure.
    Runtime.getRuntime().halt(0);
  }

  /** A process that ends for a reason of its own keeps its status. */
  public void cancel() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      logger.debug("it is ending already");
    }
  }
}
