package io.ennead.router.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.errors.ServingException;
import io.ennead.router.random.CounterRandom;
import io.ennead.router.random.CounterRandom.Purpose;
import io.ennead.v1.ErrorReason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TokenSamplerTest {
  private static final double INF = Double.POSITIVE_INFINITY;

  @Test
  void equalsTheSortingSamplerOnRandomInputs() {
    for (long seed = 1; seed <= 3000; seed++) {
      Random random = new Random(seed);
      int vocabulary = 1 + random.nextInt(200);
      float[] logits = logits(random, vocabulary + 3);
      SamplingOptions options = options(random);
      long stream = random.nextLong();
      for (int position = 0; position < 5; position++) {
        assertThat(sample(logits, 3, vocabulary, options, stream, position))
            .as("seed %d position %d %s", seed, position, options)
            .isEqualTo(oracle(logits, 3, vocabulary, options, stream, position));
      }
    }
  }

  @Test
  void equalsTheSortingSamplerOnALargeVocabulary() {
    for (long seed = 1; seed <= 5; seed++) {
      Random random = new Random(seed);
      float[] logits = logits(random, 131_072);
      for (SamplingOptions options :
          List.of(with(0.7, 0, 0.9, 0), with(1, 0, 1, 0), with(1.5, 40, 0.95, 0.05))) {
        assertThat(sample(logits, 0, logits.length, options, seed, 7))
            .as("seed %d %s", seed, options)
            .isEqualTo(oracle(logits, 0, logits.length, options, seed, 7));
      }
    }
  }

  @Test
  void frequenciesFollowTheFilteredDistribution() {
    float[] logits = {1, 3, 2.5f, -1, 0, 2.5f, Float.NEGATIVE_INFINITY};
    for (SamplingOptions options :
        List.of(with(1, 0, 1, 0), with(2, 5, 0.95, 0.1), with(INF, 4, 1, 0), with(0.5, 0, 1, 0))) {
      double[] expected = distribution(logits, options);
      int draws = 20_000;
      int[] counts = new int[logits.length];
      for (int position = 0; position < draws; position++) {
        counts[sample(logits, 0, logits.length, options, 99, position)]++;
      }
      double chiSquare = 0;
      for (int id = 0; id < counts.length; id++) {
        double mean = expected[id] * draws;
        if (mean == 0) {
          assertThat(counts[id]).as("%s token %d", options, id).isZero();
          continue;
        }
        chiSquare += (counts[id] - mean) * (counts[id] - mean) / mean;
      }
      // The 99.9 % point of chi-square with five degrees of freedom, the most there are here.
      assertThat(chiSquare).as("%s", options).isLessThan(20.5);
    }
  }

  @Test
  void greedyTakesTheLowerIdOfATie() {
    float[] logits = {-2, 5, 5, 1};
    assertThat(sample(logits, 0, 4, SamplingOptions.GREEDY, 1, 0)).isEqualTo(1);
  }

  @Test
  void infiniteTemperatureIsUniformOverWhatTopKKeepsByTheOriginalLogits() {
    float[] logits = {0, 9, 8, 7, 1};
    int[] counts = new int[5];
    for (int position = 0; position < 3000; position++) {
      counts[sample(logits, 0, 5, with(INF, 3, 1, 0), 5, position)]++;
    }
    assertThat(counts[0]).isZero();
    assertThat(counts[4]).isZero();
    for (int id = 1; id <= 3; id++) {
      assertThat(counts[id]).isBetween(870, 1130);
    }
  }

  @Test
  void aTieAtTheTopKBoundaryGoesToTheLowerId() {
    float[] logits = {1, 2, 2, 2, 2};
    for (int position = 0; position < 200; position++) {
      assertThat(sample(logits, 0, 5, with(1, 2, 1, 0), 5, position)).isIn(1, 2);
    }
  }

  @Test
  void sameSeedAndPositionDrawTheSameWhateverWasDrawnBefore() {
    float[] logits = logits(new Random(8), 50);
    TokenSampler sampler = sampler(with(5, 0, 1, 0), 3, 50);
    int first = sampler.draw(logits, 0, 17, Set.of()).token();
    sampler.draw(logits, 0, 1, Set.of());
    assertThat(sample(logits, 0, 50, with(5, 0, 1, 0), 3, 17)).isEqualTo(first);
    assertThat(sampler.draw(logits, 0, 17, Set.of()).token()).isEqualTo(first);
  }

  @Test
  void whetherTokensWereDrawnOrGivenTheNextDrawIsTheSame() {
    SamplingOptions options =
        SamplingOptions.of(1.2, 0, 0.95, 0.01)
            .withPenalties(new Penalties(1.3, 0, 0, 12))
            .withDry(new Dry(0.8, 1.75, 1, 0, List.of("3")));
    for (long seed = 1; seed <= 200; seed++) {
      Random random = new Random(seed);
      int[] text = {1, 2, 3, 1, 2};
      TokenSampler along = new TokenSampler(options, seed, 8, text, id -> id == 3);
      for (int i = 0; i < 20; i++) {
        float[] logits = logits(random, 8);
        TokenSampler anew = new TokenSampler(options, seed, 8, text, id -> id == 3);
        int token = along.draw(logits, 0, text.length, Set.of()).token();
        assertThat(anew.draw(logits, 0, text.length, Set.of()).token())
            .as("seed %d, token %d", seed, i)
            .isEqualTo(token);
        text = Arrays.copyOf(text, text.length + 1);
        text[text.length - 1] = token;
      }
    }
  }

  @Test
  void logitsThatAreNoNumbersAreAnEngineFailure() {
    float[][] rows = {
      {1, Float.NaN},
      {Float.POSITIVE_INFINITY, 0},
      {Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY}
    };
    for (float[] row : rows) {
      assertThatThrownBy(() -> sample(row, 0, 2, SamplingOptions.DEFAULT, 1, 0))
          .extracting(e -> ((ServingException) e).reason())
          .isEqualTo(ErrorReason.ERROR_REASON_ENGINE_FAILURE);
    }
  }

  private static int sample(
      float[] row, int offset, int vocabulary, SamplingOptions options, long seed, int position) {
    return sampler(options, seed, vocabulary).draw(row, offset, position, Set.of()).token();
  }

  private static TokenSampler sampler(SamplingOptions options, long seed, int vocabulary) {
    return new TokenSampler(options, seed, vocabulary, new int[] {0}, id -> false);
  }

  /** Sorts the whole vocabulary and applies one filter after the other, as the Javadoc says. */
  private static int oracle(
      float[] row, int offset, int vocabulary, SamplingOptions options, long seed, int position) {
    float[] logits = Arrays.copyOfRange(row, offset, offset + vocabulary);
    List<Integer> kept = kept(logits, options);
    double total = kept.stream().mapToDouble(id -> weight(logits, id, kept, options)).sum();
    double target = CounterRandom.uniform(seed, Purpose.TOKEN, position, 0) * total;
    double sum = 0;
    for (int id : kept) {
      sum += weight(logits, id, kept, options);
      if (sum > target) {
        return id;
      }
    }
    return kept.get(kept.size() - 1);
  }

  private static double[] distribution(float[] logits, SamplingOptions options) {
    List<Integer> kept = kept(logits, options);
    double total = kept.stream().mapToDouble(id -> weight(logits, id, kept, options)).sum();
    double[] p = new double[logits.length];
    kept.forEach(id -> p[id] = weight(logits, id, kept, options) / total);
    return p;
  }

  private static List<Integer> kept(float[] logits, SamplingOptions options) {
    List<Integer> ids = new ArrayList<>();
    for (int id = 0; id < logits.length; id++) {
      if (logits[id] > Float.NEGATIVE_INFINITY) {
        ids.add(id);
      }
    }
    ids.sort(
        Comparator.<Integer>comparingDouble(id -> -(double) logits[id])
            .thenComparing(Comparator.naturalOrder()));
    if (options.temperature().value() == 0) {
      return ids.subList(0, 1);
    }
    if (options.truncation().topK() > 0) {
      ids = ids.subList(0, Math.min(options.truncation().topK(), ids.size()));
    }
    List<Integer> afterTopK = ids;
    double total = ids.stream().mapToDouble(id -> weight(logits, id, afterTopK, options)).sum();
    int length = 0;
    double sum = 0;
    while (length < ids.size()
        && (options.truncation().topP() == 1 || sum < options.truncation().topP() * total)) {
      sum += weight(logits, ids.get(length++), afterTopK, options);
    }
    return ids.subList(0, length).stream()
        .filter(id -> weight(logits, id, afterTopK, options) >= options.truncation().minP())
        .toList();
  }

  private static double weight(
      float[] logits, int id, List<Integer> ranked, SamplingOptions options) {
    if (options.temperature().value() == 0) {
      return 1;
    }
    return StrictMath.exp(
        ((double) logits[id] - logits[ranked.get(0)]) / options.temperature().value());
  }

  /** Every other seed gives few different values, so that ties are everywhere. */
  private static float[] logits(Random random, int count) {
    boolean coarse = random.nextBoolean();
    float[] logits = new float[count];
    for (int i = 0; i < count; i++) {
      logits[i] = coarse ? random.nextInt(5) : (float) random.nextGaussian() * 4;
      if (random.nextInt(50) == 0) {
        logits[i] = Float.NEGATIVE_INFINITY;
      }
    }
    logits[3 % count] = 1;
    return logits;
  }

  private static SamplingOptions options(Random random) {
    double[] temperatures = {0, 1e-300, 0.1, 0.7, 1, 3, 1e6, INF};
    int[] topKs = {0, 0, 1, 2, 5, 40, 1000};
    double[] topPs = {1, 1, 1e-9, 0.3, 0.9, 0.999};
    double[] minPs = {0, 0, 0.05, 0.5, 1};
    return with(
        temperatures[random.nextInt(temperatures.length)],
        topKs[random.nextInt(topKs.length)],
        topPs[random.nextInt(topPs.length)],
        minPs[random.nextInt(minPs.length)]);
  }

  private static SamplingOptions with(double temperature, int topK, double topP, double minP) {
    return SamplingOptions.of(temperature, topK, topP, minP);
  }
}
