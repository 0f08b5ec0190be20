package io.ennead.router.sample;

import io.ennead.router.random.CounterRandom;
import io.ennead.router.random.CounterRandom.Purpose;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * Draws the tokens of one sequence from rows of logits.
 *
 * <p>In this order:
 *
 * <ol>
 *   <li>masks: only allowed tokens, none that completes a bad word, none that is forbidden now;
 *   <li>logit bias, then repetition, frequency and presence penalty, then DRY ({@link LogitEdits});
 *   <li>the samplers that are set, in the order of the options ({@link Candidates}); those before
 *       {@link SamplerKind#TEMPERATURE} see the distribution at T = 1, those after it the tempered
 *       one;
 *   <li>Mirostat ({@link Mirostat});
 *   <li>the draw, with a number from {@link CounterRandom} at (seed, position).
 * </ol>
 *
 * <p>Tokens are ranked by logit, highest first, ties to the lower id; under a negative temperature
 * lowest first. A logit of -infinity means a token that is never drawn. What is drawn depends on
 * the options, the seed, the position, the logits and the history alone; Mirostat's cut-off depends
 * on the logits and tokens of all draws before.
 *
 * <p>Keeps the history and scratch space, 16 bytes per token of the vocabulary: for one thread at a
 * time.
 */
public final class TokenSampler {
  private final SamplingOptions options;
  private final long seed;
  private final int vocabulary;
  private final History history;
  private final LogitEdits edits;
  private final List<SamplerKind> steps;
  private final Candidates candidates;
  private double mu;

  /**
   * A sampler for one sequence.
   *
   * @param seed of the request's random stream
   * @param prompt its ids, in the vocabulary; not to be modified
   * @param breaksRepetition whether a token has one of the texts that end a repetition
   */
  public TokenSampler(
      SamplingOptions options,
      long seed,
      int vocabulary,
      int[] prompt,
      IntPredicate breaksRepetition) {
    this.options = options;
    this.seed = seed;
    this.vocabulary = vocabulary;
    this.history = new History(prompt);
    this.edits = LogitEdits.of(options, vocabulary, history, breaksRepetition);
    this.steps = options.order().stream().filter(this::acts).toList();
    this.candidates = new Candidates();
    this.mu = options.mirostat().map(Mirostat::start).orElse(0.0);
  }

  private boolean acts(SamplerKind kind) {
    return kind == SamplerKind.TEMPERATURE
        ? !options.temperature().neutral()
        : options.truncation().sets(kind);
  }

  /**
   * Draws a token and takes it into the history.
   *
   * @param logits hold the row at {@code offset}, as long as the vocabulary; not modified
   * @param position of the token within its sequence
   * @param forbidden tokens that are not drawn this time
   * @throws io.ennead.errors.ServingException ENGINE_FAILURE when the logits are no finite numbers,
   *     INVALID_FIELD when the options leave no token
   */
  public Draw draw(float[] logits, int offset, int position, Set<Integer> forbidden) {
    load(logits, offset, forbidden);
    for (SamplerKind step : steps) {
      apply(step, position);
    }
    options.mirostat().ifPresent(mirostat -> candidates.surpriseAtMost(mu));
    int token = candidates.draw(CounterRandom.uniform(seed, Purpose.TOKEN, position, 0));
    options.mirostat().ifPresent(mirostat -> mu = mirostat.next(mu, candidates.surprise(token)));
    history.append(token);
    edits.appended();
    return new Draw(token, candidates);
  }

  private void load(float[] logits, int offset, Set<Integer> forbidden) {
    int best = LogProbs.argmax(logits, offset, vocabulary);
    if (edits.none(forbidden)) {
      load(logits, offset, best);
    } else {
      float[] edited = edits.apply(logits, offset, forbidden);
      load(edited, 0, edits.best());
    }
  }

  private void load(float[] row, int offset, int best) {
    if (greedy()) {
      candidates.loadOnly(best, row[offset + best]);
    } else {
      boolean settled = !steps.contains(SamplerKind.TEMPERATURE);
      candidates.load(row, offset, vocabulary, best, settled);
    }
  }

  /** Whether nothing but the highest logit counts, so that nothing else need be looked at. */
  private boolean greedy() {
    Temperature temperature = options.temperature();
    return temperature.value() == 0
        && temperature.constant()
        && steps.get(0) == SamplerKind.TEMPERATURE;
  }

  private void apply(SamplerKind step, int position) {
    Truncation truncation = options.truncation();
    switch (step) {
      case TOP_N_SIGMA -> candidates.topNSigma(truncation.topNSigma());
      case TEMPERATURE -> candidates.temper(temperature());
      case TOP_K -> candidates.topK(truncation.topK());
      case TYPICAL_P -> candidates.typicalP(truncation.typicalP());
      case TOP_P -> candidates.topP(truncation.topP());
      case MIN_P -> candidates.minP(truncation.minP());
      case XTC -> excludeTopChoices(position);
    }
  }

  private double temperature() {
    Temperature temperature = options.temperature();
    return temperature.schedule().at(temperature.value(), history.drawn(), candidates::evenness);
  }

  private void excludeTopChoices(int position) {
    double u = CounterRandom.uniform(seed, Purpose.XTC, position, 0);
    options.truncation().xtc().ifPresent(xtc -> candidates.xtc(xtc, u));
  }
}
