package io.ennead.router.dispatch;

import io.ennead.router.dispatch.Latencies.Quantiles;
import io.ennead.router.moe.ExpertLayer.Phase;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/**
 * How long a node may take for its part of a layer, from what such calls took lately: eight times
 * the 99th percentile, at least {@code floor} and at most {@code cap}; where calls usually take
 * longer than an eighth of the cap, eight times the median. Until enough calls are known it is
 * {@code limit}, which it never exceeds.
 *
 * <p>Calls are compared per unit: a row of output, of which every call has a tile's more. Thread-
 * safe.
 */
final class LayerBudget {
  private static final double FACTOR = 8;

  /** Sooner, a hedge would answer jitter. */
  private static final long SHORTEST_HEDGE = Duration.ofMillis(10).toNanos();

  private final Limits limits;
  private final Map<Phase, Latencies> latencies = new EnumMap<>(Phase.class);

  /**
   * Bounds.
   *
   * @param floor shortest budget
   * @param cap longest budget of calls that are usually fast
   * @param limit longest budget of all
   */
  record Limits(Duration floor, Duration cap, Duration limit) {}

  LayerBudget(Limits limits) {
    this.limits = limits;
    for (Phase phase : Phase.values()) {
      latencies.put(phase, new Latencies());
    }
  }

  /** The size of a call for so many rows of output. */
  static int units(Phase phase, int outputs) {
    return outputs + tile(phase);
  }

  /** What a call costs beside its rows, in rows. */
  static int tile(Phase phase) {
    return switch (phase) {
      case DECODE -> 8;
      case PREFILL -> 64;
    };
  }

  /** A call of so many units took so long, or was cut off then. */
  void took(Phase phase, int units, long nanos) {
    latencies(phase).add((double) nanos / units);
  }

  /** Nanoseconds after which another node is asked. */
  long nanos(Phase phase, int units) {
    Quantiles known = latencies(phase).quantiles();
    long limit = limits.limit().toNanos();
    if (!known.known()) {
      return limit;
    }
    double most = Math.max(limits.cap().toNanos(), FACTOR * known.p50() * units);
    double wanted = Math.max(limits.floor().toNanos(), FACTOR * known.p99() * units);
    return (long) Math.min(limit, Math.min(most, wanted));
  }

  /** Nanoseconds after which a call is given up that nobody else can be asked for. */
  long lastResortNanos(Phase phase, int units) {
    return Math.max(nanos(phase, units), limits.cap().toNanos());
  }

  /** Nanoseconds after which a call is slower than 19 of 20; the budget when that is not known. */
  long hedgeNanos(Phase phase, int units) {
    Quantiles known = latencies(phase).quantiles();
    long budget = nanos(phase, units);
    return known.known()
        ? Math.min(budget, Math.max(SHORTEST_HEDGE, (long) (known.p95() * units)))
        : budget;
  }

  private Latencies latencies(Phase phase) {
    return Objects.requireNonNull(latencies.get(phase));
  }
}
