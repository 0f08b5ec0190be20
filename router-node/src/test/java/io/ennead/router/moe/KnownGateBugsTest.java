package io.ennead.router.moe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ennead.expert.architecture.GateConfig;
import io.ennead.expert.architecture.GateConfig.ExpertGroups;
import io.ennead.expert.architecture.GateConfig.Score;
import io.ennead.expert.architecture.Weight;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Mistakes that other systems shipped. Each test computes the mistaken weights by hand, shows that
 * they differ, and that the gate gives the reference's.
 */
class KnownGateBugsTest {
  private static final float[] LOGITS = {1.5f, -0.25f, 2f, 0.5f, -1f, 0.75f, 0f, 1f};
  private static final double TOLERANCE = 1e-6;

  /** litgpt#2013 and #1286, Megatron-LM#955, TensorRT-LLM PR#2752, Fast-LLM#190. */
  @Test
  void softmaxThenTopKIsNotTopKThenSoftmaxUnlessRenormalised() {
    Routing plain = route(softmax(false), LOGITS);
    Routing renormalised = route(softmax(true), LOGITS);
    double[] all = softmaxOver(LOGITS, 0, 1, 2, 3, 4, 5, 6, 7);
    double[] chosen = softmaxOver(LOGITS, 2, 0);
    assertWeights(plain, all[2], all[0]);
    assertWeights(renormalised, chosen[0], chosen[1]);
    assertThat(plain.weights()[0]).isLessThan(renormalised.weights()[0] - 0.1f);
  }

  /** mlxcel PR#391: softmax over the chosen broke OLMoE, whose norm_topk_prob is false. */
  @Test
  void olmoeDoesNotRenormalise() {
    double sum = sum(route(softmax(false), LOGITS));
    double[] all = softmaxOver(LOGITS, 0, 1, 2, 3, 4, 5, 6, 7);
    assertThat(sum).isCloseTo(all[2] + all[0], within(TOLERANCE)).isLessThan(0.9);
  }

  /** sglang PR#35160: the logits themselves as combine weights. */
  @Test
  void weightsAreNotTheRawLogits() {
    Routing routing = route(softmax(true), LOGITS);
    assertThat(routing.weights()).doesNotContain(LOGITS[2]).doesNotContain(LOGITS[0]);
    assertThat(sum(routing)).isCloseTo(1, within(TOLERANCE));
  }

  /** sglang-jax PR#1282: routed_scaling_factor skipped where norm_topk_prob is false. */
  @Test
  void scaleAppliesWithoutRenormalisingToo() {
    Routing routing = route(sigmoid(false, 2.5, Optional.empty()), LOGITS);
    assertWeights(routing, 2.5 * sigma(2), 2.5 * sigma(1.5));
    Routing renormalised = route(sigmoid(true, 2.5, Optional.empty()), LOGITS);
    assertThat(sum(renormalised)).isCloseTo(2.5, within(TOLERANCE));
  }

  /** transformers PR#45132: softmax of what is a softmax already. */
  @Test
  void softmaxIsTakenOnce() {
    double[] once = softmaxOver(LOGITS, 0, 1, 2, 3, 4, 5, 6, 7);
    float[] probabilities = new float[once.length];
    for (int i = 0; i < once.length; i++) {
      probabilities[i] = (float) once[i];
    }
    double[] twice = softmaxOver(probabilities, 0, 1, 2, 3, 4, 5, 6, 7);
    assertWeights(route(softmax(false), LOGITS), once[2], once[0]);
    assertThat(twice[2]).isLessThan(once[2] - 0.1);
  }

  /** vLLM PR#18343: an expert twice among the chosen of one token. */
  @Test
  void noExpertIsChosenTwice() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < 2000; round++) {
      float[] logits = new float[8];
      for (int i = 0; i < logits.length; i++) {
        logits[i] = random.nextInt(3); // many ties
      }
      GateConfig config =
          random.nextBoolean() ? softmax(true) : sigmoid(true, 1, Optional.of(groups()));
      Routing routing = route(config, logits);
      assertThat(Arrays.stream(routing.experts()).distinct().count())
          .as("seed %d", seed)
          .isEqualTo(2);
    }
  }

  /** vLLM and llama.cpp renormalise Grok-1's weights; xAI's model.py does not. */
  @Test
  void grok1IsNotRenormalised() {
    assertThat(sum(route(softmax(false), LOGITS))).isLessThan(0.9);
  }

  /** SGLang and vLLM cap Grok-1's router logits at 30 tanh(l / 30); xAI's model.py does not. */
  @Test
  void grok1HasNoRouterCap() {
    float[] large = {20f, 10f, -5f, 0f, 0f, 0f, 0f, 0f};
    GateConfig plain = softmax(false);
    GateConfig capped =
        new GateConfig(
            8,
            2,
            Score.SOFTMAX,
            OptionalDouble.of(30),
            Optional.empty(),
            Optional.empty(),
            false,
            1);
    double[] expected = softmaxOver(large, 0, 1, 2, 3, 4, 5, 6, 7);
    assertWeights(route(plain, large), expected[0], expected[1]);
    float[] cappedLogits = new float[8];
    for (int i = 0; i < 8; i++) {
      cappedLogits[i] = (float) (30 * Math.tanh(large[i] / 30));
    }
    double[] withCap = softmaxOver(cappedLogits, 0, 1, 2, 3, 4, 5, 6, 7);
    assertWeights(route(capped, large), withCap[0], withCap[1]);
    assertThat(withCap[1] / expected[1]).isGreaterThan(2);
  }

  /** transformers before 5.23 masked dropped groups with 0: a negative c makes such experts win. */
  @Test
  void expertsOfDroppedGroupsCountAsMinusInfinityNotAsZero() {
    float[] bias = {-3, -3, -3, -3, -4, -4, -4, -4};
    Routing routing = route(sigmoid(true, 1, Optional.of(groups())), LOGITS, bias);
    assertThat(routing.experts()).containsExactly(2, 0);
    double c = sigma(LOGITS[2]) + bias[2];
    assertThat(c).as("a masked 0 would be chosen before this").isNegative();
  }

  /** The selection bias chooses and does not weigh (DeepSeek-V3 report, 2.1.2). */
  @Test
  void selectionBiasIsNoPartOfTheWeights() {
    float[] bias = {0, 0, 0, 0, 5, 0, 0, 0};
    Routing routing = route(sigmoid(false, 1, Optional.empty()), LOGITS, bias);
    assertThat(routing.experts()).containsExactly(2, 4);
    assertWeights(routing, sigma(2), sigma(-1));
  }

  /** Groups decide before experts: the best experts of a dropped group are not chosen. */
  @Test
  void groupsAreChosenByTheirTwoBest() {
    float[] logits = {4, -9, -9, -9, 1, 1, 1, 1};
    assertThat(route(sigmoid(true, 1, Optional.of(groups())), logits).experts())
        .containsExactly(4, 5);
    assertThat(route(sigmoid(true, 1, Optional.empty()), logits).experts()).containsExactly(0, 4);
  }

  private static ExpertGroups groups() {
    return new ExpertGroups(2, 1, 2);
  }

  private static GateConfig softmax(boolean renormalise) {
    return GateConfig.softmax(8, 2, renormalise);
  }

  private static GateConfig sigmoid(
      boolean renormalise, double scale, Optional<ExpertGroups> groups) {
    return new GateConfig(
        8,
        2,
        Score.SIGMOID,
        OptionalDouble.empty(),
        Optional.of(Weight.vector("bias", 8)),
        groups,
        renormalise,
        scale);
  }

  private static Routing route(GateConfig config, float[] logits) {
    return route(config, logits, new float[8]);
  }

  private static Routing route(GateConfig config, float[] logits, float[] bias) {
    return new ScoredGate(config, Map.of(0, bias))
        .route(0, logits, RoutedRows.of(1, RoutingOptions.DEFAULT));
  }

  private static void assertWeights(Routing routing, double first, double second) {
    assertThat((double) routing.weights()[0]).isCloseTo(first, within(TOLERANCE));
    assertThat((double) routing.weights()[1]).isCloseTo(second, within(TOLERANCE));
  }

  private static double sum(Routing routing) {
    return routing.weights()[0] + routing.weights()[1];
  }

  private static double sigma(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static double[] softmaxOver(float[] logits, int... of) {
    double[] terms = Arrays.stream(of).mapToDouble(i -> Math.exp(logits[i])).toArray();
    double sum = Arrays.stream(terms).sum();
    return Arrays.stream(terms).map(term -> term / sum).toArray();
  }
}
