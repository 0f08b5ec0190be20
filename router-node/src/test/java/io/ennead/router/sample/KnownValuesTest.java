package io.ennead.router.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ennead.errors.ServingException;
import io.ennead.router.sample.Truncation.Xtc;
import io.ennead.v1.ErrorReason;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Distributions known from elsewhere: llama.cpp's tests/test-sampling.cpp, and small sums. */
class KnownValuesTest {
  private static final Truncation NONE = Truncation.NONE;

  @Test
  void topKTopPAndMinP() {
    double[] p = {0.1, 0.2, 0.3, 0.4};
    assertLeft(p, NONE.withTopK(1), 0, 0, 0, 1);
    assertLeft(p, NONE.withTopK(3), 0, 0.22222, 0.33333, 0.44444);
    assertLeft(p, NONE.withTopP(0.69), 0, 0, 0.428571, 0.571429);
    assertLeft(p, NONE.withTopP(0.8), 0, 0.22222, 0.33333, 0.44444);
    assertLeft(p, NONE.withMinP(0.24), 0.1, 0.2, 0.3, 0.4);
    assertLeft(p, NONE.withMinP(0.26), 0, 0.22222, 0.33333, 0.44444);
    assertLeft(p, NONE.withMinP(0.51), 0, 0, 0.428571, 0.571429);
    assertLeft(p, NONE.withMinP(0.76), 0, 0, 0, 1);
  }

  @Test
  void typicalP() {
    assertLeft(new double[] {0.97, 0.01, 0.01, 0.01}, NONE.withTypicalP(0.5), 1, 0, 0, 0);
    assertLeft(
        new double[] {0.4, 0.2, 0.2, 0.2}, NONE.withTypicalP(0.5), 0, 0.33333, 0.33333, 0.33333);
  }

  @Test
  void topNSigma() {
    double[] p = {0.1, 0.2, 0.3, 0.4};
    assertLeft(p, NONE.withTopNSigma(1), 0, 0, 0.428571, 0.571429);
    assertLeft(p, NONE.withTopNSigma(3), 0.1, 0.2, 0.3, 0.4);
    assertLeft(p, NONE.withTopNSigma(0), 0, 0, 0, 1);
  }

  @Test
  void xtc() {
    double[] p = {0.4, 0.3, 0.2, 0.1};
    assertLeft(p, xtc(0.09), 0, 0, 0, 1);
    assertLeft(p, xtc(0.19), 0, 0, 0.66667, 0.33333);
    assertLeft(p, xtc(0.29), 0, 0.5, 0.33333, 0.16667);
    assertLeft(p, xtc(0.39), 0.4, 0.3, 0.2, 0.1);
    assertLeft(new double[] {0.5, 0.5}, xtc(0.5), 0, 1);
    assertLeft(new double[] {0.9, 0.1}, xtc(0.6), 0.9, 0.1);
  }

  private static Truncation xtc(double threshold) {
    return NONE.withXtc(Optional.of(new Xtc(1, threshold)));
  }

  @Test
  void xtcRemovesAsOftenAsItsProbabilitySays() {
    SamplingOptions options =
        SamplingOptions.DEFAULT.withTruncation(NONE.withXtc(Optional.of(new Xtc(0.3, 0.4))));
    TokenSampler sampler = sampler(options, 2);
    int removed = 0;
    for (int position = 0; position < 20_000; position++) {
      removed += 2 - sampler.draw(new float[] {0, 0}, 0, position, Set.of()).candidates();
    }
    // Five standard deviations of a binomial of 20000 at 0.3.
    assertThat(removed).isBetween(6000 - 325, 6000 + 325);
  }

  @Test
  void repetitionPenalty() {
    SamplingOptions options = SamplingOptions.DEFAULT.withPenalties(new Penalties(50, 0, 0, 0));
    double[] fifth = {0.2, 0.2, 0.2, 0.2, 0.2};
    assertLeft(options, fifth, new int[] {0}, 0, 0.25, 0.25, 0.25, 0.25);
    assertLeft(options, fifth, new int[] {0, 1, 2}, 0, 0, 0, 0.5, 0.5);
    assertLeft(options, fifth, new int[] {0, 1, 2, 0, 0}, 0, 0, 0, 0.5, 0.5);
  }

  @Test
  void frequencyAndPresenceCountTheContinuationAlone() {
    TokenSampler sampler =
        new TokenSampler(
            SamplingOptions.DEFAULT.withPenalties(new Penalties(1, 0.5, 0.25, 0)),
            1,
            3,
            new int[] {2, 2, 2},
            id -> false);
    float gone = Float.NEGATIVE_INFINITY;
    sampler.draw(new float[] {0, gone, gone}, 0, 3, Set.of());
    sampler.draw(new float[] {0, gone, gone}, 0, 4, Set.of());
    Draw draw = sampler.draw(new float[] {0, 0, 0}, 0, 5, Set.of());
    double paid = Math.exp(-0.25 - 2 * 0.5);
    assertThat(Math.exp(draw.logProb(0).orElseThrow())).isCloseTo(paid / (2 + paid), within(1e-7));
    assertThat(draw.logProb(1)).isEqualTo(draw.logProb(2));
  }

  @Test
  void dry() {
    double[] quarter = {0.25, 0.25, 0.25, 0.25};
    double[] fifth = {0.2, 0.2, 0.2, 0.2, 0.2};
    assertLeft(dry(1, 2), quarter, new int[] {0, 1}, 0.25, 0.25, 0.25, 0.25);
    assertLeft(
        dry(1, 2), quarter, new int[] {0, 1, 2, 0, 1}, 0.296923, 0.296923, 0.109232, 0.296923);
    assertLeft(dry(1, 2), fifth, new int[] {0, 1, 3, 4, 0, 1}, 0.2, 0.2, 0.2, 0.2, 0.2);
    assertLeft(
        dry(2, 2),
        fifth,
        new int[] {0, 1, 2, 0, 1},
        0.241818,
        0.241818,
        0.032727,
        0.241818,
        0.241818);
    assertLeft(dry(1, 4), fifth, new int[] {0, 1, 2, 3, 4, 0, 1}, 0.2, 0.2, 0.2, 0.2, 0.2);
  }

  private static SamplingOptions dry(double multiplier, int allowed) {
    return SamplingOptions.DEFAULT.withDry(new Dry(multiplier, 1.1, allowed, 0, List.of("3")));
  }

  @Test
  void mirostatKeepsSurprisesBelowMuAndFollowsTheTarget() {
    // Surprises: 1, 2, 3 and 3 bits. mu begins at 2 tau.
    float[] logits = logits(0.5, 0.25, 0.125, 0.125);
    TokenSampler sampler =
        sampler(SamplingOptions.DEFAULT.withMirostat(new Mirostat(1.05, 0.5)), 4);
    Draw first = sampler.draw(logits, 0, 0, Set.of());
    assertThat(first.candidates()).isEqualTo(2);
    double surprise = -first.logProb(first.token()).orElseThrow() / Math.log(2);
    double mu = 2.1 - 0.5 * (surprise - 1.05);
    assertThat(sampler.draw(logits, 0, 1, Set.of()).candidates())
        .isEqualTo(mu >= 3.0001 ? 4 : mu >= 2.0001 ? 2 : 1);
    Draw alone =
        sampler(SamplingOptions.DEFAULT.withMirostat(new Mirostat(0.1, 0.5)), 4)
            .draw(logits, 0, 0, Set.of());
    assertThat(alone.candidates()).isEqualTo(1);
    assertThat(alone.token()).isZero();
  }

  @Test
  void biasOfMinusInfinityRemovesAndHugeBiasDoesNotOverflow() {
    Draw draw = constrained(Map.of(0, Double.NEGATIVE_INFINITY, 1, 1e300, 2, -1e300), Set.of());
    assertThat(draw.logProb(0)).isEmpty();
    assertThat(draw.logProb(1).orElseThrow()).isZero();
    assertThat(draw.token()).isEqualTo(1);
  }

  @Test
  void aBadWordIsBannedOnlyWhereItWouldBeComplete() {
    SamplingOptions options =
        SamplingOptions.DEFAULT.withConstraints(
            new TokenConstraints(Map.of(), Set.of(), List.of(List.of(1, 2, 0), List.of(3))));
    assertLeft(options, new double[] {0.25, 0.25, 0.25, 0.25}, new int[] {1, 2}, 0, 0.5, 0.5, 0);
    assertLeft(
        options,
        new double[] {0.25, 0.25, 0.25, 0.25},
        new int[] {1, 2, 2},
        0.33333,
        0.33333,
        0.33333,
        0);
    assertLeft(
        options,
        new double[] {0.25, 0.25, 0.25, 0.25},
        new int[] {2},
        0.33333,
        0.33333,
        0.33333,
        0);
  }

  @Test
  void optionsThatLeaveNoTokenAreTheRequestsFault() {
    assertThatThrownBy(() -> constrained(Map.of(0, Double.NEGATIVE_INFINITY), Set.of(0)))
        .isInstanceOfSatisfying(
            ServingException.class,
            e -> {
              assertThat(e.reason()).isEqualTo(ErrorReason.ERROR_REASON_INVALID_FIELD);
              assertThat(e.metadata()).containsEntry("field", "sampling");
              assertThat(e).hasMessageContaining("no token left");
            });
  }

  @Test
  void aDrawTellsTheModelsAndTheSampledProbability() {
    float[] logits = logits(0.5, 0.3, 0.2);
    Draw draw = sampler(SamplingOptions.of(1, 2, 1, 0), 3).draw(logits, 0, 0, Set.of());
    TokenLogProb told = draw.logProb(LogProbs.of(logits, 0, 3), 3);
    assertThat(told.id()).isEqualTo(draw.token());
    assertThat(told.top()).extracting(TokenLogProb::id).containsExactly(0, 1, 2);
    assertThat(told.top().get(1).logProb()).isCloseTo(Math.log(0.3), within(1e-7));
    assertThat(told.top().get(1).sampledLogProb().orElseThrow())
        .isCloseTo(Math.log(0.3 / 0.8), within(1e-7));
    assertThat(told.top().get(2).sampledLogProb()).isEmpty();
    assertThat(told.sampledTop()).extracting(TokenLogProb::id).containsExactly(0, 1);
    assertThat(told.sampledTop().get(0).logProb()).isCloseTo(Math.log(0.5), within(1e-7));
    assertThat(told.sampledLogProb()).isEqualTo(draw.logProb(draw.token()));
  }

  private static Draw constrained(Map<Integer, Double> bias, Set<Integer> allowed) {
    SamplingOptions options =
        SamplingOptions.DEFAULT.withConstraints(new TokenConstraints(bias, allowed, List.of()));
    return sampler(options, 3).draw(new float[] {1, 1, 1}, 0, 0, Set.of());
  }

  private static void assertLeft(double[] p, Truncation truncation, double... left) {
    assertLeft(SamplingOptions.DEFAULT.withTruncation(truncation), p, new int[] {0}, left);
  }

  private static void assertLeft(
      SamplingOptions options, double[] p, int[] prompt, double... left) {
    Draw draw =
        new TokenSampler(options, 1, p.length, prompt, id -> id == 3)
            .draw(logits(p), 0, prompt.length, Set.of());
    for (int id = 0; id < p.length; id++) {
      double probability = Math.exp(draw.logProb(id).orElse(Double.NEGATIVE_INFINITY));
      assertThat(probability).as("token %d", id).isCloseTo(left[id], within(1e-5));
    }
  }

  private static float[] logits(double... probabilities) {
    float[] logits = new float[probabilities.length];
    for (int id = 0; id < logits.length; id++) {
      logits[id] = (float) Math.log(probabilities[id]);
    }
    return logits;
  }

  private static TokenSampler sampler(SamplingOptions options, int vocabulary) {
    return new TokenSampler(options, 1, vocabulary, new int[] {0}, id -> false);
  }
}
