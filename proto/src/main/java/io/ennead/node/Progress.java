package io.ennead.node;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Tells people how far a long start is: a bar that is redrawn on a terminal; elsewhere a line per
 * stage, and another whenever ten seconds passed without one. Thread-safe.
 */
public final class Progress implements AutoCloseable {
  private static final long HEARTBEAT_NANOS = Duration.ofSeconds(10).toNanos();
  private static final int BAR_WIDTH = 30;
  private static final String NO_STAGE = "";

  private final PrintStream out;
  private final boolean terminal;
  private final LongSupplier nanoTime;
  private final ScheduledExecutorService ticker;

  @GuardedBy("this")
  private String stage = NO_STAGE;

  @GuardedBy("this")
  private long done;

  @GuardedBy("this")
  private long total;

  @GuardedBy("this")
  private long stageStart;

  @GuardedBy("this")
  private long lastLine;

  @GuardedBy("this")
  private int drawnPercent = -1;

  Progress(
      PrintStream out, boolean terminal, LongSupplier nanoTime, ScheduledExecutorService ticker) {
    this.out = out;
    this.terminal = terminal;
    this.nanoTime = nanoTime;
    this.ticker = ticker;
  }

  /** Reports on a stream until closed. */
  public static Progress on(PrintStream out, boolean terminal) {
    ScheduledExecutorService ticker =
        Executors.newSingleThreadScheduledExecutor(DaemonThreads.named("progress"));
    Progress progress = new Progress(out, terminal, System::nanoTime, ticker);
    var unused = ticker.scheduleAtFixedRate(progress::tick, 1, 1, TimeUnit.SECONDS);
    return progress;
  }

  /**
   * Begins a stage and ends the one before.
   *
   * @param total the amount of work; 0 when it is not known
   */
  public synchronized void stage(String name, long total) {
    endStage();
    stage = name;
    this.total = total;
    done = 0;
    drawnPercent = -1;
    stageStart = nanoTime.getAsLong();
    show();
  }

  /** An amount of the stage's work was done. */
  public synchronized void advance(long amount) {
    done += amount;
    if (terminal && percent() != drawnPercent) {
      show();
    }
  }

  /** The stage and how far it is, as "weights 45 %"; empty between stages. */
  public synchronized String text() {
    return total == 0 || stage.isEmpty() ? stage : "%s %d %%".formatted(stage, percent());
  }

  /** The last stage is done. */
  public synchronized void finish() {
    endStage();
    stage = NO_STAGE;
  }

  /** Ends the reports. A stage that runs is not called done: without {@link #finish} it failed. */
  @Override
  public void close() {
    ticker.shutdownNow();
    synchronized (this) {
      if (terminal && !stage.isEmpty()) {
        out.println();
      }
      stage = NO_STAGE;
    }
  }

  synchronized void tick() {
    boolean due = nanoTime.getAsLong() - lastLine >= HEARTBEAT_NANOS;
    if (!terminal && !stage.isEmpty() && due) {
      show();
    }
  }

  @GuardedBy("this")
  private void endStage() {
    if (stage.isEmpty()) {
      return;
    }
    double seconds = (nanoTime.getAsLong() - stageStart) / 1e9;
    String line = "%s done in %.1f s".formatted(stage, seconds);
    out.println(terminal ? "\r" + line + " ".repeat(BAR_WIDTH) : line);
  }

  @GuardedBy("this")
  private void show() {
    lastLine = nanoTime.getAsLong();
    drawnPercent = percent();
    if (!terminal) {
      out.println(text() + " ...");
      return;
    }
    out.print("\r" + bar() + text());
    out.flush();
  }

  @GuardedBy("this")
  private String bar() {
    if (total == 0) {
      return "";
    }
    int filled = percent() * BAR_WIDTH / 100;
    return "[" + "#".repeat(filled) + ".".repeat(BAR_WIDTH - filled) + "] ";
  }

  @GuardedBy("this")
  private int percent() {
    return total == 0 ? 0 : (int) Math.min(100, 100.0 * done / total);
  }
}
