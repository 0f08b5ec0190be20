package io.ennead.expert.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.wire.ComputeType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MachineLimitsTest {

  @ParameterizedTest
  @EnumSource(ComputeType.class)
  void readsAndProductsAreTimedInEveryNumberFormat(ComputeType type) {
    EngineOptions options = new EngineOptions("cpu", type, 1, 0, 0, true);
    try (MachineLimits limits = MachineLimits.open(options, 1 << 20, 64)) {
      // A machine that is busy with something else may stop for as long as it likes.
      assertThat(limits.readBytesPerSecond()).isBetween(1.0, 1e14);
      assertThat(limits.macsPerSecond()).isBetween(1.0, 1e15);
    }
  }
}
