package io.ennead.router.dispatch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.ennead.router.moe.ExpertRows;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Tokens per expert over all layers, since the start and of late: what was counted a minute ago
 * weighs half. Without traffic the ratio stays what it was. Thread-safe.
 */
final class ExpertLoads {
  private static final double HALF_LIFE_NANOS = 60e9;
  private static final long DECAY_EVERY_NANOS = 1_000_000_000;

  private final Counter counter;
  private final CounterDataPoint[] tokens;
  private final LongSupplier nanoTime;

  @GuardedBy("this")
  private final double[] recent;

  @GuardedBy("this")
  private long decayedAt;

  ExpertLoads(PrometheusRegistry registry, int experts) {
    this(registry, experts, System::nanoTime);
  }

  ExpertLoads(PrometheusRegistry registry, int experts, LongSupplier nanoTime) {
    this.counter =
        Counter.builder()
            .name("ennead_expert_tokens_total")
            .help("Tokens that the gate sent to an expert, over all layers.")
            .labelNames("expert")
            .register(registry);
    this.tokens = new CounterDataPoint[experts];
    Arrays.setAll(tokens, expert -> counter.labelValues(Integer.toString(expert)));
    this.recent = new double[experts];
    this.nanoTime = nanoTime;
    this.decayedAt = nanoTime.getAsLong();
  }

  synchronized void add(List<ExpertRows> experts) {
    decay();
    for (ExpertRows rows : experts) {
      if (rows.expert() < tokens.length) {
        tokens[rows.expert()].inc(rows.rows().length);
        recent[rows.expert()] += rows.rows().length;
      } else { // of a pack: as many series as there may be ids
        counter.labelValues(Integer.toString(rows.expert())).inc(rows.rows().length);
      }
    }
  }

  @GuardedBy("this")
  private void decay() {
    long passed = nanoTime.getAsLong() - decayedAt;
    if (passed >= DECAY_EVERY_NANOS) {
      double factor = Math.pow(0.5, passed / HALF_LIFE_NANOS);
      for (int expert = 0; expert < recent.length; expert++) {
        recent[expert] *= factor;
      }
      decayedAt += passed;
    }
  }

  /**
   * The largest over the mean of the model's own experts: 1 when all get the same, 0 before the
   * first token.
   */
  synchronized double imbalance() {
    double sum = Arrays.stream(recent).sum();
    return sum > 0 ? Arrays.stream(recent).max().orElse(0) * recent.length / sum : 0;
  }
}
