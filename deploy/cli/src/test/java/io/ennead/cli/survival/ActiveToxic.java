package io.ennead.cli.survival;

import java.util.Random;

/**
 * A toxic as it was added to a proxy.
 *
 * @param toxicity share of the connections that it concerns, 0 to 1
 * @param seed of the draw which connections these are
 */
record ActiveToxic(String name, Direction direction, double toxicity, Toxic toxic, long seed) {
  ActiveToxic {
    if (!(toxicity >= 0 && toxicity <= 1)) {
      throw new IllegalArgumentException("toxicity: %s (expected: 0 to 1)".formatted(toxicity));
    }
  }

  /** The same answer whenever it is asked about the same connection. */
  boolean concerns(Direction flow, long connection) {
    return direction == flow && draw(connection) < toxicity;
  }

  private double draw(long connection) {
    Random random = new Random(seed ^ (connection * 0x9E3779B97F4A7C15L) ^ name.hashCode());
    random.nextLong(); // the first number of similar seeds is similar
    return random.nextDouble();
  }
}
