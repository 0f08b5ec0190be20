package io.ennead.expert.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ennead.expert.architecture.RotaryScaling.Interpolated;
import io.ennead.expert.architecture.RotaryScaling.Unscaled;
import io.ennead.expert.architecture.RotaryScaling.Yarn;
import org.junit.jupiter.api.Test;

/**
 * Inverse frequencies against their formulas in double arithmetic; families' goldens go further.
 */
class RotaryTest {
  private static final double THETA = 150_000;
  private static final int DIMENSIONS = 64;

  @Test
  void plainFrequenciesArePowersOfTheBase() {
    assertClose(new Unscaled(), j -> plain(j));
  }

  @Test
  void interpolatedOnesAreDividedByTheFactor() {
    assertClose(new Interpolated(4), j -> plain(j) / 4);
  }

  /** The fixtures' README, from Peng et al. 2023. */
  @Test
  void yarnKeepsFastOnesAndInterpolatesSlowOnes() {
    for (boolean truncate : new boolean[] {true, false}) {
      Yarn yarn = new Yarn(32, 4096, 32, 1, truncate, 1.3);
      double low = dimension(32);
      double high = dimension(1);
      double from = Math.max(truncate ? Math.floor(low) : low, 0);
      double to = Math.min(truncate ? Math.ceil(high) : high, DIMENSIONS - 1);
      assertClose(
          yarn,
          j -> {
            double ramp = Math.min(Math.max((j - from) / (to - from), 0), 1);
            return plain(j) * (ramp / 32 + 1 - ramp);
          });
      float[] scaled = new Rotary(DIMENSIONS, false, THETA, yarn).inverseFrequencies();
      assertThat(scaled[0]).isEqualTo(1f);
      assertThat(scaled[31] / plain(31)).isCloseTo(1 / 32.0, within(1e-5));
      assertThat(new Rotary(DIMENSIONS, false, THETA, yarn).amplitude()).isEqualTo(1.3);
    }
  }

  private static double dimension(double rotations) {
    return DIMENSIONS * Math.log(4096 / (2 * Math.PI * rotations)) / (2 * Math.log(THETA));
  }

  private static double plain(int j) {
    return Math.pow(THETA, -2.0 * j / DIMENSIONS);
  }

  private interface Formula {
    double at(int j);
  }

  private static void assertClose(RotaryScaling scaling, Formula formula) {
    float[] inverse = new Rotary(DIMENSIONS, false, THETA, scaling).inverseFrequencies();
    assertThat(inverse).hasSize(DIMENSIONS / 2);
    for (int j = 0; j < inverse.length; j++) {
      assertThat(inverse[j] / formula.at(j)).as("pair %d", j).isCloseTo(1, within(1e-6));
    }
  }
}
