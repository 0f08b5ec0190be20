package io.ennead.cli.bench;

import io.ennead.cli.html.Numbers;

/** An axis of time. */
final class Seconds {
  private static final int TICKS = 6;

  private Seconds() {}

  static void axis(Plot plot, double seconds) {
    for (int tick = 0; tick <= TICKS; tick++) {
      double at = seconds * tick / TICKS;
      plot.below((double) tick / TICKS, Numbers.fixed(at, seconds < 10 ? 2 : 1));
    }
  }
}
