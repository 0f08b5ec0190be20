package io.ennead.router.moe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ennead.expert.architecture.GateConfig;
import io.ennead.expert.architecture.GateConfig.ExpertGroups;
import io.ennead.expert.architecture.GateConfig.Score;
import io.ennead.expert.architecture.Weight;
import io.ennead.router.moe.RoutingRule.Mass;
import io.ennead.router.moe.RoutingRule.Mode;
import io.ennead.router.moe.RoutingRule.Weights;
import io.ennead.router.random.CounterRandom;
import io.ennead.router.random.CounterRandom.Purpose;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Every rule on every kind of gate, against the formulas written out one after the other. */
class GateRulesTest {
  private static final double INF = Double.POSITIVE_INFINITY;
  private static final double[] TEMPERATURES = {
    0, 1e-300, 0.05, 0.3, 1, 3, 1e9, INF, -INF, -1, -0.05, -1e-4
  };
  private static final int LAYER = 3;

  @Test
  void equalsTheFormulasOnRandomRulesAndLogits() {
    long first = new Random().nextLong();
    for (long seed = first; seed < first + 20_000; seed++) {
      Random random = new Random(seed);
      Case gate = gate(random);
      RoutingRule rule = rule(random, gate.config);
      float[] logits = logits(random, gate.config.experts());
      long stream = random.nextLong();
      int position = random.nextInt(5000);
      Routing routing =
          gate.gate()
              .route(
                  LAYER,
                  logits,
                  new RoutedRows(
                      List.of(RoutingOptions.everywhere(rule, stream)), new int[] {position}));
      String where = "seed %d %s %s".formatted(seed, gate.config, rule);
      assertEquals(routing, new Oracle(gate, rule, logits, stream, position).weights(), where);
    }
  }

  private static void assertEquals(Routing routing, double[] expected, String where) {
    double[] actual = new double[expected.length];
    float last = Float.POSITIVE_INFINITY;
    for (int place = 0; place < routing.experts().length; place++) {
      actual[routing.experts()[place]] += routing.weights()[place];
      assertThat(routing.weights()[place])
          .as("%s: heaviest first", where)
          .isLessThanOrEqualTo(last);
      last = routing.weights()[place];
    }
    assertThat(Arrays.stream(routing.experts()).distinct().count())
        .as(where)
        .isEqualTo(routing.experts().length);
    for (int expert = 0; expert < expected.length; expert++) {
      // float32 rounding of a weight of at most a few units
      assertThat(actual[expert])
          .as("%s: expert %d", where, expert)
          .isCloseTo(expected[expert], within(1e-6 * Math.max(1, Math.abs(expected[expert]))));
    }
  }

  @Test
  void aNeutralRuleHasTheBitsOfTheModelsOwn() {
    long first = new Random().nextLong();
    for (long seed = first; seed < first + 500; seed++) {
      Random random = new Random(seed);
      Case gate = gate(random);
      float[] logits = logits(random, gate.config.experts());
      RoutingRule neutral =
          new RoutingRule(
              1.0,
              Mode.TOP_K,
              OptionalInt.of(gate.config.expertsPerToken()),
              0,
              random.nextBoolean() ? Mass.PRESERVE : Mass.LITERAL,
              Weights.SCORE,
              Set.of());
      assertThat(gate.gate().route(0, logits, one(neutral)))
          .as("seed %d", seed)
          .isEqualTo(gate.gate().route(0, logits, one(RoutingRule.MODEL)));
    }
  }

  @Test
  void aLayersOwnRuleActsThereAndNowhereElse() {
    ScoredGate gate = ScoredGate.softmax(4, 2);
    RoutingOptions options =
        new RoutingOptions(RoutingRule.MODEL, Map.of(1, RoutingRule.atTemperature(0)), 0);
    float[] logits = {1, 2, 3, 4};
    assertThat(gate.route(1, logits, RoutedRows.of(1, options)).weights()).containsExactly(1, 0);
    assertThat(gate.route(0, logits, RoutedRows.of(1, options)))
        .isEqualTo(gate.route(0, logits, one(RoutingRule.MODEL)));
  }

  @Test
  void minPLeavesFewerAndTheTopExpertInAnyCase() {
    ScoredGate gate = ScoredGate.softmax(4, 3);
    float[] logits = {0, 1, 5, 4.5f};
    // exp(-0.5) = 0.607, exp(-4) = 0.018
    assertThat(gate.route(0, logits, one(minP(0.6))).weights()[2]).isZero();
    assertThat(gate.route(0, logits, one(minP(0.6))).weights()[1]).isPositive();
    assertThat(gate.route(0, logits, one(minP(0.61))).weights()).containsExactly(1, 0, 0);
    assertThat(gate.route(0, logits, one(minP(1))).weights()).containsExactly(1, 0, 0);
  }

  @Test
  void drawnExpertsFollowPlackettLuce() {
    float[] logits = {0.5f, -1, 2, 0, 1.5f, -0.5f, 1, 0.25f};
    ScoredGate gate = ScoredGate.softmax(8, 2);
    for (double t : new double[] {0.3, 1, 3, INF, -1}) {
      RoutingRule rule = RoutingRule.atTemperature(t).withMode(Mode.SAMPLED);
      int draws = 30_000;
      Routing routing =
          gate.route(
              0,
              repeat(logits, draws),
              RoutedRows.of(draws, RoutingOptions.everywhere(rule, 20261125)));
      double[][] counts = new double[8][8];
      for (int row = 0; row < draws; row++) {
        int a = routing.experts()[2 * row];
        int b = routing.experts()[2 * row + 1];
        counts[Math.min(a, b)][Math.max(a, b)]++;
      }
      // 27 degrees of freedom; the 99.9 % point of chi-square.
      assertThat(PlackettLuce.chiSquare(counts, PlackettLuce.pairs(logits, t), draws))
          .as("T %s", t)
          .isLessThan(55.5);
    }
  }

  @Test
  void probabilitiesAndTheirEntropyFollowTheFormulas() {
    long first = new Random().nextLong();
    for (long seed = first; seed < first + 5_000; seed++) {
      Random random = new Random(seed);
      Case gate = gate(random);
      RoutingRule rule = rule(random, gate.config);
      GateDistribution distribution = gate.gate().distribution(rule, gate.gate().experts());
      for (int row = 0; row < 2; row++) {
        float[] logits = logits(random, gate.config.experts());
        distribution.load(logits, 0);
        double[] expected = new Oracle(gate, rule, logits, 0, 0).probabilities();
        for (int expert = 0; expert < expected.length; expert++) {
          assertThat(distribution.probability(expert))
              .as("seed %d %s expert %d", seed, rule, expert)
              .isCloseTo(expected[expert], within(1e-12));
        }
        // scores around 1e-300 lose digits in the slow sum of p ln p
        assertThat(distribution.entropy())
            .as("seed %d %s", seed, rule)
            .isCloseTo(entropy(expected), within(1e-9));
      }
    }
  }

  @Test
  void entropyOfTheProbabilitiesRisesWithTheTemperature() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    ScoredGate gate = ScoredGate.softmax(12, 2);
    for (int round = 0; round < 500; round++) {
      float[] logits = logits(random, 12);
      double last = -1;
      for (double t : new double[] {0, 0.01, 0.1, 0.5, 1, 2, 10, 1e6, INF}) {
        GateDistribution distribution =
            gate.distribution(RoutingRule.atTemperature(t), gate.experts());
        distribution.load(logits, 0);
        double entropy = distribution.entropy();
        assertThat(entropy).as("seed %d T %s", seed, t).isGreaterThanOrEqualTo(last - 1e-12);
        last = entropy;
      }
      assertThat(last).as("seed %d", seed).isCloseTo(Math.log(12), within(1e-12));
    }
  }

  /** Of shares of the sum. */
  private static double entropy(double[] p) {
    double sum = Arrays.stream(p).sum();
    return -Arrays.stream(p).filter(x -> x > 0).map(x -> x / sum * Math.log(x / sum)).sum();
  }

  @Test
  void aRuleThatCannotBeMetIsRefusedByField() {
    assertThatThrownBy(() -> minP(-0.1)).hasMessageStartingWith("routing.min_p: -0.1");
    assertThatThrownBy(() -> minP(1.1)).hasMessageStartingWith("routing.min_p: 1.1");
    assertThatThrownBy(() -> minP(Double.NaN)).hasMessageStartingWith("routing.min_p: NaN");
    ScoredGate gate = ScoredGate.softmax(4, 2);
    RoutingRule oneLeft = RoutingRule.MODEL.without(Set.of(0, 1, 3));
    assertThatThrownBy(() -> gate.route(5, new float[4], one(oneLeft)))
        .hasMessage(
            "routing.excluded: leaves 1 of 4 experts of layer 5 to choose from (expected: at"
                + " least the 2 chosen per token)");
  }

  private static RoutingRule minP(double minP) {
    return new RoutingRule(
        1, Mode.TOP_K, OptionalInt.empty(), minP, Mass.PRESERVE, Weights.SCORE, Set.of());
  }

  private static RoutedRows one(RoutingRule rule) {
    return RoutedRows.of(1, RoutingOptions.everywhere(rule, 0));
  }

  private static float[] repeat(float[] row, int times) {
    float[] rows = new float[row.length * times];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = row[i % row.length];
    }
    return rows;
  }

  private record Case(GateConfig config, float[] bias) {
    ScoredGate gate() {
      return new ScoredGate(config, config.selectionBias().isEmpty() ? Map.of() : biases());
    }

    private Map<Integer, float[]> biases() {
      return Map.of(0, bias, LAYER, bias);
    }
  }

  private static Case gate(Random random) {
    int experts = 4 * (1 + random.nextInt(4));
    Score score = Score.values()[random.nextInt(3)];
    boolean sigmoid = score == Score.SIGMOID;
    float[] bias = new float[experts];
    for (int i = 0; i < experts; i++) {
      bias[i] = random.nextFloat() - 0.5f;
    }
    int kept = 1 + random.nextInt(4);
    Optional<ExpertGroups> groups =
        sigmoid && random.nextBoolean()
            ? Optional.of(new ExpertGroups(4, kept, 1))
            : Optional.empty();
    int open = groups.isPresent() ? kept * experts / 4 : experts;
    GateConfig config =
        new GateConfig(
            experts,
            1 + random.nextInt(Math.min(open, 6)),
            score,
            random.nextInt(3) == 0 ? OptionalDouble.of(5) : OptionalDouble.empty(),
            sigmoid && random.nextBoolean()
                ? Optional.of(Weight.vector("bias", experts))
                : Optional.empty(),
            groups,
            random.nextBoolean(),
            random.nextBoolean() ? 1 : 2.5);
    return new Case(config, bias);
  }

  private static RoutingRule rule(Random random, GateConfig config) {
    int experts = config.experts();
    Set<Integer> excluded = new HashSet<>();
    while (random.nextBoolean()) {
      Set<Integer> more = new HashSet<>(excluded);
      more.add(random.nextInt(experts));
      if (config.open(more) >= config.expertsPerToken()) {
        excluded = more;
      }
    }
    return new RoutingRule(
        TEMPERATURES[random.nextInt(TEMPERATURES.length)],
        Mode.values()[random.nextInt(2)],
        random.nextBoolean()
            ? OptionalInt.empty()
            : OptionalInt.of(1 + random.nextInt(config.open(excluded))),
        random.nextBoolean() ? 0 : random.nextDouble(),
        Mass.values()[random.nextInt(2)],
        Weights.values()[random.nextInt(2)],
        excluded);
  }

  /** Every third row has few different values, so that ties are common. */
  private static float[] logits(Random random, int experts) {
    boolean coarse = random.nextInt(3) == 0;
    float[] logits = new float[experts];
    for (int i = 0; i < experts; i++) {
      logits[i] = coarse ? random.nextInt(4) - 1 : (float) random.nextGaussian() * 3;
    }
    return logits;
  }

  /** The steps of ScoredGate's Javadoc on whole lists, with nothing shared between them. */
  private record Oracle(Case gate, RoutingRule rule, float[] raw, long stream, int position) {

    double[] weights() {
      List<Integer> chosen = chosen();
      double[] weights = new double[raw.length];
      double total = total(chosen);
      for (int expert : chosen) {
        boolean uniform = rule.weights() == Weights.UNIFORM;
        weights[expert] = total * (uniform ? 1.0 / chosen.size() : share(expert, chosen));
      }
      return weights;
    }

    /** Through logarithms, since sigmoid scores may all be too small for a double. */
    private double share(int expert, List<Integer> chosen) {
      double t = rule.temperature();
      double most = chosen.stream().mapToDouble(e -> logScore(e, t)).max().orElseThrow();
      if (most == -INF) {
        return expert == first(chosen, t) ? 1 : 0;
      }
      double sum = chosen.stream().mapToDouble(e -> StrictMath.exp(logScore(e, t) - most)).sum();
      return StrictMath.exp(logScore(expert, t) - most) / sum;
    }

    private double logScore(int expert, double t) {
      double l = logit(expert);
      if (gate.config.score() != Score.SIGMOID) {
        return t == 0 ? (expert == best(t) ? 0 : -INF) : (l - logit(best(t))) / t;
      }
      double x = t == 0 ? (l > 0 ? INF : l < 0 ? -INF : 0) : l / t;
      return x < 0
          ? x - StrictMath.log1p(StrictMath.exp(x))
          : -StrictMath.log1p(StrictMath.exp(-x));
    }

    double[] probabilities() {
      double[] scores = scores(rule.temperature());
      double sum = gate.config.score() == Score.SIGMOID ? 1 : Arrays.stream(scores).sum();
      return Arrays.stream(scores).map(score -> score / sum).toArray();
    }

    private double total(List<Integer> chosen) {
      GateConfig config = gate.config;
      if (config.renormalise() || config.score() == Score.SOFTMAX_OF_CHOSEN) {
        return config.scale();
      }
      double[] scores = scores(rule.mass() == Mass.LITERAL ? rule.temperature() : 1);
      double own = chosen.stream().mapToDouble(e -> scores[e]).sum();
      boolean sigmoid = config.score() == Score.SIGMOID;
      return config.scale() * (sigmoid ? own : own / Arrays.stream(scores).sum());
    }

    private List<Integer> open() {
      return IntStream.range(0, raw.length)
          .boxed()
          .filter(e -> !rule.excluded().contains(e))
          .toList();
    }

    private double logit(int expert) {
      return gate.config.softCap().isEmpty()
          ? raw[expert]
          : 5 * StrictMath.tanh((double) raw[expert] / 5);
    }

    private int direction(double t) {
      return t < 0 ? -1 : 1;
    }

    private int best(double t) {
      return first(open(), t);
    }

    private int first(List<Integer> experts, double t) {
      return experts.stream()
          .min(
              Comparator.<Integer>comparingDouble(e -> -direction(t) * logit(e))
                  .thenComparing(e -> e))
          .orElseThrow();
    }

    private double[] scores(double t) {
      double[] scores = new double[raw.length];
      for (int expert : open()) {
        double l = logit(expert);
        if (gate.config.score() == Score.SIGMOID) {
          double x = t == 0 ? (l > 0 ? INF : l < 0 ? -INF : 0) : l / t;
          scores[expert] = 1 / (1 + StrictMath.exp(-x));
        } else if (t == 0) {
          scores[expert] = expert == best(t) ? 1 : 0;
        } else {
          scores[expert] = StrictMath.exp((l - logit(best(t))) / t);
        }
      }
      return scores;
    }

    private double selection(int expert) {
      if (gate.config.score() != Score.SIGMOID) {
        return direction(rule.temperature()) * logit(expert);
      }
      double bias = gate.config.selectionBias().isPresent() ? gate.bias[expert] : 0;
      return scores(rule.temperature())[expert] + bias;
    }

    private List<Integer> chosen() {
      double[] scores = scores(rule.temperature());
      double most = Arrays.stream(scores).max().orElseThrow();
      List<Integer> left =
          new ArrayList<>(
              open().stream()
                  .filter(e -> rule.minP() == 0 || scores[e] >= rule.minP() * most)
                  .toList());
      gate.config.groups().ifPresent(groups -> left.retainAll(inBestGroups(groups, left)));
      left.sort(
          Comparator.<Integer>comparingDouble(e -> -key(e))
              .thenComparingDouble(e -> -direction(rule.temperature()) * logit(e))
              .thenComparing(e -> e));
      int k = rule.expertsPerToken().orElse(gate.config.expertsPerToken());
      return left.subList(0, Math.min(k, left.size()));
    }

    private double key(int expert) {
      double t = rule.temperature();
      if (rule.mode() == Mode.TOP_K || t == 0) {
        return selection(expert);
      }
      double noise = CounterRandom.gumbel(stream, Purpose.ROUTING, position, LAYER, expert);
      return (logit(expert) - logit(best(t))) / t + noise;
    }

    private List<Integer> inBestGroups(ExpertGroups groups, List<Integer> left) {
      int size = raw.length / groups.count();
      List<Integer> order = new ArrayList<>(IntStream.range(0, groups.count()).boxed().toList());
      order.sort(
          Comparator.<Integer>comparingDouble(
                  g ->
                      -left.stream()
                          .filter(e -> e / size == g)
                          .mapToDouble(this::selection)
                          .max()
                          .orElse(-INF))
              .thenComparing(g -> g));
      List<Integer> kept = order.subList(0, groups.kept());
      return left.stream().filter(e -> kept.contains(e / size)).toList();
    }
  }
}
