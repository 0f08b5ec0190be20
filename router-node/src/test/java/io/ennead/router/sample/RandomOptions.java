package io.ennead.router.sample;

import io.ennead.router.sample.Truncation.Xtc;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/** Sampling options and logits by chance, the edges of their ranges more often than not. */
final class RandomOptions {
  /** The smallest vocabulary, and the ids that constraints are about. */
  static final int VOCABULARY = 6;

  private static final double INF = Double.POSITIVE_INFINITY;
  private static final double[] TEMPERATURES = {0, -0.0, 1e-300, 0.1, 0.7, 1, 3, 1e5, INF, -INF};
  private static final double[] NEGATIVE = {-1e-300, -1e-4, -0.5, -1, -3, -1e5};

  private RandomOptions() {}

  static boolean breaks(int token) {
    return token == 4;
  }

  /** Every other row has few different values, so that ties are everywhere. */
  static float[] logits(Random random, int count) {
    boolean coarse = random.nextBoolean();
    float[] logits = new float[count];
    for (int i = 0; i < count; i++) {
      logits[i] = coarse ? random.nextInt(5) - 2 : (float) random.nextGaussian() * 4;
      if (random.nextInt(20) == 0) {
        logits[i] = Float.NEGATIVE_INFINITY;
      }
      if (random.nextInt(200) == 0) {
        logits[i] = 1e4f * (float) random.nextGaussian();
      }
    }
    return logits;
  }

  /** Makes token 2, which no constraint here removes, a possible one. */
  static void leaveOne(float[] row) {
    row[2] = row[2] == Float.NEGATIVE_INFINITY ? 0.5f : row[2];
  }

  static SamplingOptions alone(Random random, SamplerKind kind) {
    Truncation truncation = truncation(random);
    for (SamplerKind other : SamplerKind.values()) {
      truncation = other == kind ? truncation : truncation.without(other);
    }
    boolean tempered = kind == SamplerKind.TEMPERATURE || random.nextBoolean();
    Temperature temperature =
        tempered ? Temperature.of(pick(random, TEMPERATURES)) : Temperature.ONE;
    return SamplingOptions.DEFAULT.withTemperature(temperature).withTruncation(truncation);
  }

  static SamplingOptions combined(Random random) {
    return SamplingOptions.DEFAULT
        .withTemperature(Temperature.of(pick(random, TEMPERATURES)))
        .withTruncation(truncation(random))
        .withOrder(random.nextInt(4) == 0 ? List.of() : shuffled(random));
  }

  static SamplingOptions inverted(Random random) {
    List<SamplerKind> order = shuffled(random);
    Truncation truncation = truncation(random);
    int at = order.indexOf(SamplerKind.TEMPERATURE);
    for (SamplerKind kind : order.subList(at, order.size())) {
      truncation = truncation.without(kind);
    }
    return SamplingOptions.DEFAULT
        .withOrder(order)
        .withTruncation(truncation)
        .withTemperature(Temperature.of(pick(random, NEGATIVE)));
  }

  static SamplingOptions mirostat(Random random) {
    double[] taus = {0.01, 0.7, 3.21, 5, 20};
    double[] etas = {1e-6, 0.1, 0.5, 1};
    return SamplingOptions.DEFAULT
        .withTemperature(Temperature.of(pick(random, 0, 0.1, 0.7, 1, 3, 1e5)))
        .withMirostat(new Mirostat(pick(random, taus), pick(random, etas)));
  }

  static SamplingOptions scheduled(Random random) {
    SamplingOptions options = combined(random);
    return switch (random.nextInt(3)) {
      case 0 ->
          options.withTemperature(
              new Temperature(
                  pick(random, 0, 0.5, 1, 2),
                  new TemperatureSchedule.ByEntropy(
                      pick(random, 0, 0.3, 1, 5), pick(random, 0.1, 1, 2.5))));
      case 1 -> options.withTemperature(new Temperature(pick(random, TEMPERATURES), steps(random)));
      default ->
          options.withTemperature(
              new Temperature(
                  pick(random, TEMPERATURES),
                  new TemperatureSchedule.Periodic(
                      1 + random.nextInt(7), pick(random, TEMPERATURES))));
    };
  }

  private static TemperatureSchedule steps(Random random) {
    List<TemperatureSchedule.Step> steps = new ArrayList<>();
    int from = random.nextInt(3);
    for (int i = 0; i <= random.nextInt(5); i++) {
      steps.add(new TemperatureSchedule.Step(from, pick(random, TEMPERATURES)));
      from += 1 + random.nextInt(6);
    }
    return new TemperatureSchedule.Piecewise(steps);
  }

  static SamplingOptions penalised(Random random) {
    return combined(random).withPenalties(penalties(random));
  }

  private static Penalties penalties(Random random) {
    return new Penalties(
        pick(random, 1e-300, 0.5, 1, 1.3, 1e300),
        pick(random, -2, 0, 0.3, 2),
        pick(random, -2, 0, 0.3, 2),
        random.nextBoolean() ? 0 : 1 + random.nextInt(30));
  }

  static SamplingOptions dry(Random random) {
    return combined(random)
        .withDry(
            new Dry(
                pick(random, 0, 0.1, 0.8, 5),
                pick(random, 1, 1.75, 1e30),
                1 + random.nextInt(4),
                random.nextBoolean() ? 0 : 1 + random.nextInt(40),
                List.of("breaker")));
  }

  static SamplingOptions constrained(Random random) {
    Map<Integer, Double> bias = new HashMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      int id = random.nextInt(VOCABULARY);
      bias.put(id, id == 2 ? 3 : pick(random, -INF, -1e300, -4, 0, 0.5, 100, 1e300));
    }
    Set<Integer> allowed =
        random.nextBoolean() ? Set.of() : Set.of(2, random.nextBoolean() ? 0 : 5, 1);
    List<List<Integer>> badWords = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      List<Integer> word =
          new ArrayList<>(random.ints(random.nextInt(3), 0, VOCABULARY).boxed().toList());
      word.add(new int[] {0, 1, 3, 5}[random.nextInt(4)]);
      badWords.add(word);
    }
    return combined(random).withConstraints(new TokenConstraints(bias, allowed, badWords));
  }

  static SamplingOptions everything(Random random) {
    SamplingOptions options = scheduled(random);
    SamplingOptions constrained = constrained(random);
    return options
        .withConstraints(constrained.constraints())
        .withPenalties(penalties(random))
        .withDry(dry(random).dry().orElseThrow());
  }

  private static Truncation truncation(Random random) {
    int[] topKs = {0, 0, 1, 2, 5, 40, Integer.MAX_VALUE};
    Optional<Xtc> xtc =
        Optional.of(
            new Xtc(
                pick(random, 0, 0.5, 1, 1),
                pick(random, 1e-300, 0.01, 0.1, 0.25, 0.5, 0.50001, 1)));
    return new Truncation(
        topKs[random.nextInt(topKs.length)],
        pick(random, 1, 1, 1e-9, 0.3, 0.9, 0.999),
        pick(random, 0, 0, 0.05, 0.5, 1),
        pick(random, 1, 1, 1e-9, 0.2, 0.9, 0.999),
        pick(random, INF, INF, 0, 0.7, 1, 3, 1e308),
        random.nextBoolean() ? Optional.empty() : xtc);
  }

  private static List<SamplerKind> shuffled(Random random) {
    List<SamplerKind> order = new ArrayList<>(Arrays.asList(SamplerKind.values()));
    Collections.shuffle(order, random);
    return order;
  }

  private static double pick(Random random, double... values) {
    return values[random.nextInt(values.length)];
  }
}
