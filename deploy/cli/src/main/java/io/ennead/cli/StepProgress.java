package io.ennead.cli;

import io.ennead.learn.train.StepReport;
import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine.Help.Ansi;

/**
 * A bar with the losses that follows a training: redrawn on a terminal, elsewhere a line every ten
 * seconds. One thread.
 */
final class StepProgress implements AutoCloseable {
  private static final int WIDTH = 30;
  private static final double TERMINAL_SECONDS = 0.2;
  private static final double LINE_SECONDS = 10;
  private static final double SMOOTHING = 0.9;
  private static final String CLEAR = "\r\u001b[K";

  private final PrintWriter err;
  private final int steps;
  private final boolean terminal;
  private long drawn = System.nanoTime();
  private double rate = Double.NaN;

  StepProgress(PrintWriter err, int steps, boolean terminal) {
    this.err = err;
    this.steps = steps;
    this.terminal = terminal;
  }

  static StepProgress on(PrintWriter err, int steps) {
    return new StepProgress(err, steps, Ansi.AUTO.enabled());
  }

  void report(StepReport report) {
    double now = report.tokens() / report.seconds();
    rate = Double.isNaN(rate) ? now : SMOOTHING * rate + (1 - SMOOTHING) * now;
    double seconds = (System.nanoTime() - drawn) / 1e9;
    if (seconds >= (terminal ? TERMINAL_SECONDS : LINE_SECONDS) || report.step() == steps) {
      drawn = System.nanoTime();
      err.print(terminal ? CLEAR + line(report) : line(report) + System.lineSeparator());
      err.flush();
    }
  }

  String line(StepReport report) {
    int full = WIDTH * report.step() / steps;
    return String.format(
        Locale.ROOT,
        "[%s%s] step %d of %d, loss %.3f, cross-entropy %.3f%s, %.0f tokens/s, waited %.2f s",
        "#".repeat(full),
        "-".repeat(WIDTH - full),
        report.step(),
        steps,
        report.losses().total(),
        report.losses().crossEntropy(),
        divergence(report.losses().divergence()),
        rate,
        report.waited());
  }

  /** There is none without labels. */
  private static String divergence(double value) {
    return Double.isNaN(value) ? "" : String.format(Locale.ROOT, ", KL %.3f", value);
  }

  @Override
  public void close() {
    if (terminal) {
      err.print(CLEAR);
      err.flush();
    }
  }
}
