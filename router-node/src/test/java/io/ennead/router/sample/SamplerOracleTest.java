package io.ennead.router.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every sampler, alone and with the others in any order, equals {@link SlowSampler}. */
class SamplerOracleTest {

  @ParameterizedTest
  @EnumSource
  void eachSamplerAloneEqualsTheSlowOne(SamplerKind kind) {
    run(2000, 4, random -> RandomOptions.alone(random, kind));
  }

  @Test
  void anyCombinationInAnyOrderEqualsTheSlowOne() {
    run(4000, 3, RandomOptions::combined);
  }

  @Test
  void negativeTemperaturesAfterAnyTruncationEqualTheSlowOne() {
    run(3000, 2, RandomOptions::inverted);
  }

  @Test
  void mirostatEqualsTheSlowOneAlongALongText() {
    run(300, 40, RandomOptions::mirostat);
  }

  @Test
  void schedulesEqualTheSlowOneAlongALongText() {
    run(600, 20, RandomOptions::scheduled);
  }

  @Test
  void penaltiesEqualTheSlowOneAlongALongText() {
    run(600, 20, RandomOptions::penalised);
  }

  @Test
  void dryEqualsTheSlowOneAlongALongText() {
    run(300, 30, RandomOptions::dry);
  }

  @Test
  void constraintsEqualTheSlowOneAlongALongText() {
    run(1500, 12, RandomOptions::constrained);
  }

  @Test
  void everythingAtOnceEqualsTheSlowOne() {
    run(1000, 10, RandomOptions::everything);
  }

  @Test
  void aHugeVocabularyEqualsTheSlowOne() {
    for (long seed = 1; seed <= 6; seed++) {
      Random random = new Random(seed);
      SamplingOptions options =
          seed % 3 == 0 ? RandomOptions.everything(random) : RandomOptions.combined(random);
      new Pair(options, random, 100_000, "huge, seed " + seed).draw(1);
    }
  }

  private static void run(int cases, int tokens, Function<Random, SamplingOptions> options) {
    for (long seed = 1; seed <= cases; seed++) {
      Random random = new Random(seed);
      SamplingOptions chosen = options.apply(random);
      int vocabulary = RandomOptions.VOCABULARY + random.nextInt(4) * random.nextInt(60);
      new Pair(chosen, random, vocabulary, "seed " + seed).draw(tokens);
    }
  }

  /** Both samplers on the same sequence. */
  private static final class Pair {
    private final SamplingOptions options;
    private final Random random;
    private final int vocabulary;
    private final String where;
    private final int promptLength;
    private final TokenSampler fast;
    private final SlowSampler slow;

    Pair(SamplingOptions options, Random random, int vocabulary, String where) {
      this.options = options;
      this.random = random;
      this.vocabulary = vocabulary;
      this.where = where;
      int[] prompt =
          random
              .ints(1 + random.nextInt(30), 0, 1 + random.nextInt(RandomOptions.VOCABULARY))
              .toArray();
      this.promptLength = prompt.length;
      long stream = random.nextLong();
      fast = new TokenSampler(options, stream, vocabulary, prompt, RandomOptions::breaks);
      slow = new SlowSampler(options, stream, prompt, RandomOptions::breaks);
    }

    void draw(int tokens) {
      for (int i = 0; i < tokens; i++) {
        float[] row = RandomOptions.logits(random, vocabulary);
        Set<Integer> forbidden = random.nextInt(4) == 0 ? Set.of(1, 3) : Set.of();
        if (options.constraints().equals(TokenConstraints.NONE)) {
          row[2] = 1; // else nothing may be left
        } else {
          RandomOptions.leaveOne(row);
        }
        float[] framed = new float[vocabulary + 5];
        System.arraycopy(row, 0, framed, 3, vocabulary);
        SlowSampler.Outcome expected = slow.draw(row, promptLength + i, forbidden);
        Draw draw = fast.draw(framed, 3, promptLength + i, forbidden);
        int token = i;
        assertSame(draw, expected, () -> where + ", token " + token + ", " + options);
        assertThat(Arrays.equals(framed, 3, vocabulary + 3, row, 0, vocabulary)).as(where).isTrue();
      }
    }

    private void assertSame(Draw draw, SlowSampler.Outcome expected, Supplier<String> at) {
      assertThat(draw.token()).as(at).isEqualTo(expected.token());
      assertThat(draw.candidates()).as(at).isEqualTo(expected.ranking().size());
      assertTemperature(draw.temperature(), expected.temperature(), at);
      assertThat(draw.entropy()).as(at).isCloseTo(entropy(expected.p()), within(1e-9));
      for (int id = 0; id < Math.min(vocabulary, 20); id++) {
        double error = error(draw.logProb(id), expected.p().get(id));
        assertThat(error).as(at).isLessThan(1e-8);
      }
      List<Integer> ranking = expected.ranking();
      LogProbs model = LogProbs.of(new float[vocabulary], 0, vocabulary);
      assertThat(draw.logProb(model, 5).sampledTop())
          .as(at)
          .extracting(TokenLogProb::id)
          .isEqualTo(ranking.subList(0, Math.min(5, ranking.size())));
    }

    /** How far a log-probability is off; infinity when one has the token and the other has not. */
    private static double error(OptionalDouble logProb, @Nullable Double probability) {
      if (logProb.isEmpty() || probability == null) {
        return logProb.isEmpty() && probability == null ? 0 : Double.POSITIVE_INFINITY;
      }
      boolean denormal = probability < 1e-300; // it has too few bits to tell its logarithm from
      return denormal ? 0 : Math.abs(logProb.getAsDouble() - Math.log(probability));
    }

    /** Entropies are sums, whose rounding depends on their order; everything else is exact. */
    private void assertTemperature(double actual, double expected, Supplier<String> at) {
      if (options.temperature().schedule() instanceof TemperatureSchedule.ByEntropy) {
        assertThat(actual).as(at).isCloseTo(expected, within(1e-9));
      } else {
        assertThat(actual).as(at).isEqualTo(expected);
      }
    }

    private static double entropy(Map<Integer, Double> probabilities) {
      return probabilities.values().stream().mapToDouble(p -> p == 0 ? 0 : -p * Math.log(p)).sum();
    }
  }
}
