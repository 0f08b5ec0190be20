package io.ennead.router.balance;

import java.util.OptionalInt;

/**
 * How to balance.
 *
 * @param spareReplicas per layer, beyond one of each expert; absent: as many as there are
 * @param minGain least improvement of a layer's imbalance for which experts are moved
 */
public record BalanceOptions(OptionalInt spareReplicas, double minGain) {
  /** What a move is worth when nobody says otherwise: a tenth of the mean load. */
  public static final double USUAL_GAIN = 0.1;

  /** Checks ranges. */
  public BalanceOptions {
    if (spareReplicas.orElse(0) < 0) {
      throw new IllegalArgumentException(
          "spare replicas: %d (expected: at least 0)".formatted(spareReplicas.getAsInt()));
    }
    if (!(minGain >= 0)) {
      throw new IllegalArgumentException("min gain: %s (expected: at least 0)".formatted(minGain));
    }
  }

  /** Replicas of a layer, of all experts together. */
  int replicas(int experts, int now) {
    return spareReplicas.isPresent() ? experts + spareReplicas.getAsInt() : Math.max(experts, now);
  }
}
