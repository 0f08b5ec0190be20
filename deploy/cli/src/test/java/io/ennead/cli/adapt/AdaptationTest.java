package io.ennead.cli.adapt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ennead.router.feedback.LoggedChoices;
import io.ennead.router.moe.RoutingProfile;
import io.ennead.router.trace.Decisions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Two layers of six experts, two of which are drawn, without a model: a bandit. */
class AdaptationTest {
  private static final int EXPERTS = 6;
  private static final int TOKENS = 8;
  private static final List<Integer> LAYERS = List.of(1, 3);

  /** A response whose choices are drawn; its rating is up to {@code worth}. */
  private static LoggedChoices draw(Random random, double[] temperatures) {
    float[] logits = new float[TOKENS * 2 * EXPERTS];
    short[] chosen = new short[TOKENS * 2 * 2];
    for (int choice = 0; choice < TOKENS * 2; choice++) {
      double[] keys = new double[EXPERTS];
      for (int expert = 0; expert < EXPERTS; expert++) {
        float logit = (float) random.nextGaussian();
        logits[choice * EXPERTS + expert] = logit;
        keys[expert] = logit / temperatures[choice % 2] - Math.log(-Math.log(random.nextDouble()));
      }
      int[] best =
          IntStream.range(0, EXPERTS)
              .boxed()
              .sorted((a, b) -> Double.compare(keys[b], keys[a]))
              .limit(2)
              .mapToInt(Integer::intValue)
              .toArray();
      chosen[choice * 2] = (short) best[0];
      chosen[choice * 2 + 1] = (short) best[1];
    }
    return LoggedChoices.of(
        new Decisions(LAYERS, EXPERTS, 2, temperatures, 1, TOKENS, logits, chosen),
        RoutingProfile.NONE);
  }

  private static Example example(LoggedChoices choices, double advantage) {
    double[] advantages = new double[TOKENS];
    Arrays.fill(advantages, advantage);
    return new Example(choices, advantages);
  }

  /** How often expert 4 of layer 3 was drawn, less what is usual. */
  private static double worth(LoggedChoices choices) {
    double count = 0;
    short[] chosen = choices.decisions().chosen();
    for (int i = 0; i < chosen.length; i++) {
      count += i / 2 % 2 == 1 && chosen[i] == 4 ? 1 : 0;
    }
    return count - TOKENS / 3.0;
  }

  private static List<Example> examples(Random random, boolean noise) {
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      LoggedChoices choices = draw(random, new double[] {1, 2});
      double noisy = random.nextGaussian() * 2;
      // of mean square about 1, as advantages are
      examples.add(example(choices, noise ? noisy / 2 : (worth(choices) + noisy) / 2.4));
    }
    return examples;
  }

  @Test
  void theGradientIsThatOfFiniteDifferences() {
    Random random = new Random(5);
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      examples.add(example(draw(random, new double[] {0.5, 2}), random.nextGaussian()));
    }
    Surrogate surrogate = new Surrogate(examples, 0.3);
    Parameters at = Parameters.zero(examples.get(0).choices().decisions());
    for (int i = 0; i < at.values().length; i++) {
      at.values()[i] = random.nextGaussian() * 0.02; // within the clip, where it has no kinks
    }
    double[] gradient = surrogate.at(at).gradient();
    double h = 1e-5;
    for (int i = 0; i < gradient.length; i++) {
      Parameters above = at.copy();
      Parameters below = at.copy();
      above.values()[i] += h;
      below.values()[i] -= h;
      double slope = (surrogate.at(above).value() - surrogate.at(below).value()) / (2 * h);
      assertThat(gradient[i]).as("parameter %d", i).isCloseTo(slope, within(1e-5));
    }
  }

  @Test
  void theExpertThatIsWorthSomethingIsDrawnMoreOften() {
    Adaptation.Result result =
        new Adaptation(0.05, 3, 0.1, 0.3).learn(examples(new Random(6), false));
    Parameters learned = result.parameters();
    for (int place = 0; place < 2; place++) {
      for (int expert = 0; expert < EXPERTS; expert++) {
        boolean good = place == 1 && expert == 4;
        if (!good) {
          assertThat(learned.bias(place, expert)).isLessThan(learned.bias(1, 4) - 0.3);
        }
      }
    }
    assertThat(result.signal()).isGreaterThan(0.5);
    assertThat(result.divergence()).isBetween(0.01, 0.1);
  }

  @Test
  void noiseTeachesNextToNothing() {
    double sum = 0;
    for (int seed = 0; seed < 5; seed++) {
      Adaptation.Result result =
          new Adaptation(0.05, 3, 0.1, 0.3).learn(examples(new Random(seed), true));
      sum += result.signal();
    }
    assertThat(sum / 5).isLessThan(0.3);
  }

  @Test
  void biasesStayWithinTheirBound() {
    Parameters learned =
        new Adaptation(1, 0.2, 0.1, 0.3).learn(examples(new Random(6), false)).parameters();
    for (int expert = 0; expert < EXPERTS; expert++) {
      assertThat(Math.abs(learned.bias(1, expert))).isLessThanOrEqualTo(0.2);
    }
  }

  @Test
  void equationsAreSolved() {
    double[] x =
        Linear.solve(new double[][] {{4, 1, 0}, {1, 3, 1}, {0, 1, 2}}, new double[] {6, 10, 8});
    assertThat(x).containsExactly(new double[] {1, 2, 3}, within(1e-12));
  }

  @Test
  void theIntervalOfAMeanIsAboutTwoStandardErrorsWide() {
    Random random = new Random(8);
    List<List<Double>> groups = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      groups.add(List.of(random.nextGaussian()));
    }
    Interval interval = Interval.of(groups);
    assertThat(interval.high() - interval.low()).isCloseTo(2 * 1.96 / 20, within(0.03));
    assertThat(interval.mean()).isBetween(interval.low(), interval.high());
  }
}
