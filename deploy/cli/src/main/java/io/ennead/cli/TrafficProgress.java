package io.ennead.cli;

import io.ennead.client.load.LoadPlan;
import io.ennead.client.load.LoadRun;
import io.ennead.client.load.LoadRun.Progress;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A bar that follows a run on a terminal, and goes when it is closed. */
final class TrafficProgress implements AutoCloseable {
  private static final int WIDTH = 30;
  private static final long PERIOD_MILLIS = 200;
  private static final String CLEAR = "\r\u001b[K";

  private final LoadRun run;
  private final LoadPlan plan;
  private final PrintWriter err;
  private final long start = System.nanoTime();
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();

  private TrafficProgress(LoadRun run, LoadPlan plan, PrintWriter err) {
    this.run = run;
    this.plan = plan;
    this.err = err;
  }

  static TrafficProgress follow(LoadRun run, LoadPlan plan, PrintWriter err) {
    TrafficProgress progress = new TrafficProgress(run, plan, err);
    var unused =
        progress.clock.scheduleAtFixedRate(
            progress::print, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    return progress;
  }

  private void print() {
    err.print(CLEAR + line(run.progress(), plan, (System.nanoTime() - start) / 1e9));
    err.flush();
  }

  /** The bar is of the requests or of the time, whichever is further. */
  static String line(Progress at, LoadPlan plan, double seconds) {
    double share = (double) at.ended() / plan.total();
    double time =
        plan.duration().map(Duration::toMillis).map(ms -> seconds * 1000 / ms).orElse(0.0);
    int full = (int) Math.round(WIDTH * Math.min(1, Math.max(share, time)));
    return String.format(
        Locale.ROOT,
        "[%s%s] %d sent, %d answered, %.0f s",
        "#".repeat(full),
        "-".repeat(WIDTH - full),
        at.sent(),
        at.ended(),
        seconds);
  }

  @Override
  public void close() {
    clock.shutdownNow();
    try {
      clock.awaitTermination(1, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    err.print(CLEAR);
    err.flush();
  }
}
