package io.ennead.router.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ennead.router.generate.ScoreJob.Detail;
import io.ennead.router.generate.ScoreJob.Run;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.sample.Likelihood;
import io.ennead.router.sample.LogitRow;
import io.ennead.router.sample.TokenLogProb;
import io.ennead.router.trace.TraceOptions;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Scores against the definition, on random logits. */
class ScoreTaskTest {
  private static final int VOCABULARY = 50;

  @Test
  void everyTokenHasTheFiguresOfItsOwnPlace() {
    for (long seed = 1; seed <= 20; seed++) {
      int[] tokens = new Random(seed).ints(30, 0, VOCABULARY).toArray();
      int from = 1 + (int) seed % 5;
      List<ScoredToken> scored =
          score(tokens, from, Optional.of(new Detail(3, 1)), new Run(30, new double[] {0.5, 2}))
              .tokens();
      assertThat(scored).hasSize(30 - from);
      for (int i = from; i < 30; i++) {
        check(scored.get(i - from), tokens[i], logits(tokens, i), "seed %d".formatted(seed));
      }
    }
  }

  private static void check(ScoredToken scored, int token, float[] logits, String what) {
    double[] p = softmax(logits, 1);
    assertThat(scored.logProb()).as(what).isCloseTo(Math.log(p[token]), within(1e-12));
    assertThat(scored.entropy())
        .as(what)
        .isCloseTo(-Arrays.stream(p).map(x -> x * Math.log(x)).sum(), within(1e-12));
    assertThat(scored.rank())
        .isEqualTo((int) Arrays.stream(p).filter(other -> other > p[token]).count());
    double[] sorted = Arrays.stream(p).map(x -> -x).sorted().limit(3).map(x -> -x).toArray();
    assertThat(scored.top()).hasSize(3);
    for (int i = 0; i < 3; i++) {
      TokenLogProb top = scored.top().get(i);
      assertThat(top.logProb()).isCloseTo(Math.log(sorted[i]), within(1e-12));
      assertThat(p[top.id()]).isEqualTo(sorted[i]);
    }
    assertThat(scored.tempered()).hasSize(1);
    assertThat(scored.tempered()[0])
        .isCloseTo(Math.log(softmax(logits, 0.5)[token]), within(1e-12));
  }

  private static double[] softmax(float[] logits, double inverse) {
    double[] weights =
        IntStream.range(0, logits.length).mapToDouble(i -> Math.exp(inverse * logits[i])).toArray();
    double sum = Arrays.stream(weights).sum();
    return Arrays.stream(weights).map(weight -> weight / sum).toArray();
  }

  private static float[] logits(int[] tokens, int place) {
    return FakeScorer.logits(Arrays.copyOf(tokens, place), VOCABULARY);
  }

  @Test
  void everyRunSumsItsOwnTokensAtItsOwnTemperatures() {
    for (long seed = 1; seed <= 20; seed++) {
      Random random = new Random(seed);
      int[] tokens = random.ints(40, 0, VOCABULARY).toArray();
      Run[] runs = {
        new Run(4, new double[] {1, -0.5}),
        new Run(11, new double[0]),
        new Run(12, new double[] {Double.POSITIVE_INFINITY}),
        new Run(40, new double[] {random.nextGaussian(), 0, 1})
      };
      ScoredTokens scored = score(tokens, 2, Optional.empty(), runs);
      assertThat(scored.tokens()).isEmpty();
      assertThat(scored.runs()).hasSize(4);
      int begin = 2;
      for (int run = 0; run < 4; run++) {
        double[] inverses = runs[run].inverseTemperatures();
        assertThat(scored.runs().get(run)).hasSize(inverses.length);
        for (int i = 0; i < inverses.length; i++) {
          assertThat(scored.runs().get(run).get(i))
              .as("seed %d, run %d", seed, run)
              .isEqualTo(sum(tokens, begin, runs[run].end(), inverses[i]));
        }
        begin = runs[run].end();
      }
    }
  }

  private static Likelihood sum(int[] tokens, int begin, int end, double inverse) {
    return IntStream.range(begin, end)
        .mapToObj(
            i -> LogitRow.of(logits(tokens, i), 0, VOCABULARY).at(inverse).likelihood(tokens[i]))
        .reduce(Likelihood.none(inverse), Likelihood::plus);
  }

  @Test
  void aSingleTokenHasEmptyScores() {
    ScoredTokens scored =
        score(new int[] {7}, 1, Optional.of(new Detail(2, 0)), new Run(1, new double[] {1}));
    assertThat(scored.tokens()).isEmpty();
    assertThat(scored.runs()).containsExactly(List.of(Likelihood.none(1)));
  }

  @Test
  void runsThatDoNotCoverTheTextAreRefused() {
    assertThatThrownBy(() -> score(new int[5], 1, Optional.empty(), new Run(4, new double[0])))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> score(new int[5], 1, Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static ScoredTokens score(int[] tokens, int from, Optional<Detail> detail, Run... runs) {
    return new FakeScorer(VOCABULARY)
        .score(
            new ScoreJob(
                tokens,
                from,
                detail,
                List.of(runs),
                RoutingOptions.DEFAULT,
                TraceOptions.NONE,
                Long.MAX_VALUE))
        .join();
  }
}
