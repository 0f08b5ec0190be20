package io.ennead.cli.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * Values above 0 on a logarithmic axis, 0 at {@code least} and 1 at {@code most}, both powers of
 * ten.
 */
record LogScale(int least, int most) {

  /** Decades that hold values from the smallest to the largest. */
  static LogScale of(double smallest, double largest) {
    double low = Math.max(smallest, 1e-3);
    int least = (int) Math.floor(Math.log10(low));
    int most = (int) Math.ceil(Math.log10(Math.max(largest, low)));
    return new LogScale(least, Math.max(most, least + 1));
  }

  double place(double value) {
    double place = (Math.log10(Math.max(value, 1e-9)) - least) / (most - least);
    return Math.max(0, Math.min(1, place));
  }

  /** The powers of ten. */
  List<Double> ticks() {
    List<Double> ticks = new ArrayList<>();
    for (int power = least; power <= most; power++) {
      ticks.add(Math.pow(10, power));
    }
    return ticks;
  }
}
