package io.ennead.router.moe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ennead.expert.architecture.GateConfig;
import io.ennead.router.moe.RoutingRule.Mode;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Gates of 8 experts that are widened by packs. */
class GatePacksTest {
  private static final int OWN = 8;
  private static final int WIDTH = 20;
  private static final int LAYER = 1;

  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);

  private float[] numbers(int count) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }

  private GatePack pack(int first, int experts, boolean suppressed) {
    return new GatePack(
        "p" + first,
        first,
        experts,
        suppressed,
        Map.of(
            LAYER,
            new GatePack.Rows(numbers(experts * WIDTH), numbers(experts), numbers(experts))));
  }

  private static GatePacks of(GatePack... packs) {
    return new GatePacks(List.of(packs));
  }

  private static RoutedRows rows(RoutingRule rule, GatePacks... packs) {
    List<RoutingOptions> options =
        Stream.of(packs).map(own -> RoutingOptions.everywhere(rule, 7).among(own)).toList();
    return new RoutedRows(options, new int[packs.length]);
  }

  private static Stream<RoutingRule> rules() {
    return Stream.of(
        RoutingRule.MODEL,
        RoutingRule.atTemperature(0),
        RoutingRule.atTemperature(-2),
        RoutingRule.atTemperature(0.3).withExpertsPerToken(8),
        RoutingRule.atTemperature(Double.POSITIVE_INFINITY),
        RoutingRule.atTemperature(3).withMode(Mode.SAMPLED),
        RoutingRule.MODEL.without(Set.of(0, 5)));
  }

  private static List<ScoredGate> gates() {
    GateConfig sigmoid =
        new GateConfig(
            OWN,
            2,
            GateConfig.Score.SIGMOID,
            OptionalDouble.empty(),
            Optional.empty(),
            Optional.of(new GateConfig.ExpertGroups(1, 1, 2)),
            true,
            2.5);
    GateConfig capped =
        new GateConfig(
            OWN,
            2,
            GateConfig.Score.SOFTMAX,
            OptionalDouble.of(3),
            Optional.empty(),
            Optional.empty(),
            false,
            1);
    return List.of(
        ScoredGate.softmax(OWN, 2),
        new ScoredGate(GateConfig.softmaxOfChosen(OWN, 2), Map.of()),
        new ScoredGate(capped, Map.of()),
        new ScoredGate(sigmoid, Map.of(LAYER, new float[] {.1f, 0, .3f, -.2f, 0, 0, .5f, 0})));
  }

  @Test
  void ownLogitsKeepTheirBitsAndThoseOfPacksAreTheProduct() {
    GatePack pack = pack(9, 2, false);
    float[] own = numbers(3 * OWN);
    float[] hidden = numbers(3 * WIDTH);
    RoutedRows rows = rows(RoutingRule.MODEL, of(pack), GatePacks.NONE, of(pack));
    float[] wide = rows.logits(LAYER, own, hidden);
    assertThat(wide).hasSize(3 * 11);
    for (int row = 0; row < 3; row++) {
      assertThat(Arrays.copyOfRange(wide, row * 11, row * 11 + OWN))
          .as("seed %d", seed)
          .containsExactly(Arrays.copyOfRange(own, row * OWN, (row + 1) * OWN));
      assertThat(wide[row * 11 + 8]).isEqualTo(Float.NEGATIVE_INFINITY);
    }
    assertThat(wide[11 + 9]).isEqualTo(Float.NEGATIVE_INFINITY); // its sequence knows no pack
    GatePack.Rows added = pack.rows().get(LAYER);
    double sum = added.bias()[1];
    for (int i = 0; i < WIDTH; i++) {
      sum += (double) added.weight()[WIDTH + i] * hidden[2 * WIDTH + i];
    }
    assertThat((double) wide[2 * 11 + 10]).as("seed %d", seed).isCloseTo(sum, within(1e-5));
    assertThat(rows.logits(0, own, hidden)[9]).isEqualTo(Float.NEGATIVE_INFINITY); // another layer
  }

  @Test
  void whatNoRowMayChooseChangesNoBit() {
    GatePacks suppressed = of(pack(8, 1, true), pack(11, 3, true));
    for (ScoredGate gate : gates()) {
      for (RoutingRule rule : rules().toList()) {
        float[] own = numbers(2 * OWN);
        float[] hidden = numbers(2 * WIDTH);
        RoutedRows plain = rows(rule, GatePacks.NONE, GatePacks.NONE);
        RoutedRows packed = rows(rule, suppressed, suppressed);
        assertThat(gate.route(LAYER, packed.logits(LAYER, own, hidden), packed))
            .as("seed %d, %s", seed, rule)
            .isEqualTo(gate.route(LAYER, own, plain));
      }
    }
  }

  @Test
  void anExcludedExpertOfAPackChangesNoBit() {
    GatePacks packs = of(pack(8, 1, false));
    float[] own = numbers(OWN);
    float[] hidden = numbers(WIDTH);
    for (ScoredGate gate : gates()) {
      RoutedRows without = rows(RoutingRule.MODEL.without(Set.of(8)), packs);
      assertThat(gate.route(LAYER, without.logits(LAYER, own, hidden), without))
          .as("seed %d", seed)
          .isEqualTo(gate.route(LAYER, own, rows(RoutingRule.MODEL, GatePacks.NONE)));
    }
  }

  @Test
  void eachRowChoosesAsItDoesAlone() {
    GatePack first = pack(8, 1, false);
    GatePack second = pack(9, 2, false);
    GatePacks[] known = {GatePacks.NONE, of(first), of(first, second), of(second)};
    float[] own = numbers(4 * OWN);
    float[] hidden = numbers(4 * WIDTH);
    int packed = 0;
    for (ScoredGate gate : gates()) {
      RoutedRows all = rows(RoutingRule.MODEL, known);
      Routing together = gate.route(LAYER, all.logits(LAYER, own, hidden), all);
      for (int row = 0; row < 4; row++) {
        RoutedRows one = rows(RoutingRule.MODEL, known[row]);
        float[] logits =
            one.logits(
                LAYER,
                Arrays.copyOfRange(own, row * OWN, (row + 1) * OWN),
                Arrays.copyOfRange(hidden, row * WIDTH, (row + 1) * WIDTH));
        Routing alone = gate.route(LAYER, logits, one);
        assertThat(together.slice(row, row + 1, 2)).as("seed %d", seed).isEqualTo(alone);
        packed += alone.experts()[0] >= OWN ? 1 : 0;
      }
    }
    assertThat(packed).as("rows of three packs, seed %d", seed).isPositive();
  }

  @Test
  void packsMakeMoreExpertsToChooseFrom() {
    GateConfig gate = GateConfig.softmax(OWN, 2, true);
    RoutingRule nine = RoutingRule.MODEL.withExpertsPerToken(9);
    nine.requireFitting(LAYER, gate, of(pack(8, 1, false)));
    assertThatThrownBy(() -> nine.requireFitting(0, gate, of(pack(8, 1, false))))
        .hasMessage("routing.experts_per_token: 9 (expected: 1 to 8)");
    assertThatThrownBy(() -> nine.requireFitting(LAYER, gate, of(pack(8, 1, true))))
        .hasMessage("routing.experts_per_token: 9 (expected: 1 to 8)");
    assertThatThrownBy(
            () -> nine.without(Set.of(8)).requireFitting(LAYER, gate, of(pack(8, 1, false))))
        .hasMessageContaining("leaves 8 of 9 experts of layer 1");
  }

  @Test
  void aPackIsUnknownWhenItsLastHolderHasEnded() {
    ActivePacks active = new ActivePacks();
    GatePack pack = pack(8, 1, false);
    active.become(active.current().with(pack));
    GatePacks held = active.hold();
    GatePacks more = active.hold(held);
    active.become(active.current().without(pack));
    assertThat(active.hold().packs()).isEmpty();
    active.release(held);
    assertThat(active.awaitUnknown(pack, Duration.ofMillis(1))).isFalse();
    active.release(more);
    assertThat(active.awaitUnknown(pack, Duration.ofMillis(1))).isTrue();
  }
}
