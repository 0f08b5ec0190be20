package io.ennead.router.moe;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.router.moe.RoutingRule.Mode;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Numbers are multiples of 1/8, so that adding a bias by hand is exact. */
class RoutingProfileTest {
  private static final int EXPERTS = 8;
  private static final int ROWS = 50;

  private final ScoredGate gate = ScoredGate.softmax(EXPERTS, 2);
  private final Random random = new Random(11);

  private float[] eighths(int count) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (random.nextInt(65) - 32) / 8f;
    }
    return numbers;
  }

  private static RoutingProfile profile(double temperature, float[] bias) {
    return new RoutingProfile(
        "p@1", "hash", Map.of(1, new RoutingProfile.Layer(temperature, bias)));
  }

  private Routing route(int layer, float[] logits, RoutingOptions options) {
    return gate.route(layer, logits, RoutedRows.of(ROWS, options));
  }

  private static RoutingOptions sampled() {
    return RoutingOptions.everywhere(RoutingRule.atTemperature(0.5).withMode(Mode.SAMPLED), 3);
  }

  @Test
  void aBiasIsAddedToTheLogits() {
    float[] logits = eighths(ROWS * EXPERTS);
    float[] bias = eighths(EXPERTS);
    float[] sums = logits.clone();
    for (int i = 0; i < sums.length; i++) {
      sums[i] += bias[i % EXPERTS];
    }
    for (RoutingOptions options : new RoutingOptions[] {RoutingOptions.DEFAULT, sampled()}) {
      RoutingOptions biased = options.under(profile(1, bias));
      assertThat(route(1, logits, biased)).isEqualTo(route(1, sums, options));
      assertThat(route(1, logits, biased)).isNotEqualTo(route(1, logits, options));
    }
  }

  @Test
  void layersThatItDoesNotHaveAreAsWithout() {
    float[] logits = eighths(ROWS * EXPERTS);
    RoutingOptions biased = sampled().under(profile(2, eighths(EXPERTS)));
    assertThat(route(0, logits, biased)).isEqualTo(route(0, logits, sampled()));
    assertThat(sampled().under(RoutingProfile.NONE)).isEqualTo(sampled());
  }

  @Test
  void itsTemperatureMultipliesTheRequests() {
    float[] logits = eighths(ROWS * EXPERTS);
    RoutingOptions options = sampled().under(profile(4, new float[EXPERTS]));
    RoutingOptions same =
        RoutingOptions.everywhere(RoutingRule.atTemperature(2).withMode(Mode.SAMPLED), 3);
    assertThat(route(1, logits, options)).isEqualTo(route(1, logits, same));
  }

  @Test
  void theDistributionShowsIt() {
    float[] bias = new float[EXPERTS];
    bias[3] = 8;
    GateDistribution shown = gate.distribution(RoutingOptions.DEFAULT.under(profile(1, bias)), 1);
    shown.load(new float[EXPERTS], 0);
    assertThat(shown.probability(3)).isGreaterThan(0.99);
  }
}
