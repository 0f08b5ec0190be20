package io.ennead.router.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ennead.router.moe.ExpertRows;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ExpertLoadsTest {
  private long now;
  private final ExpertLoads loads = new ExpertLoads(new PrometheusRegistry(), 4, () -> now);

  private void add(int expert, int tokens) {
    loads.add(List.of(new ExpertRows(expert, new int[tokens], new float[tokens])));
  }

  @Test
  void evenLoadIsOneAndAllToOneExpertIsTheirNumber() {
    assertThat(loads.imbalance()).isZero();
    add(2, 10);
    assertThat(loads.imbalance()).isEqualTo(4);
    IntStream.of(0, 1, 3).forEach(expert -> add(expert, 10));
    assertThat(loads.imbalance()).isEqualTo(1);
  }

  @Test
  void whatWasCountedAMinuteAgoWeighsHalf() {
    add(0, 100);
    now += Duration.ofMinutes(1).toNanos();
    add(1, 100);
    assertThat(loads.imbalance()).isEqualTo(4 * 100 / 150.0, within(1e-9));
  }

  @Test
  void seriesOfLayersHaveABound() {
    List<Integer> layers = IntStream.range(0, 61).boxed().toList();
    assertThatThrownBy(() -> new LayerMetrics(new PrometheusRegistry(), layers, 384))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("61 layers of 384 experts are more than 16384 series");
  }
}
