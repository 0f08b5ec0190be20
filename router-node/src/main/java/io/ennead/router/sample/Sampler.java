package io.ennead.router.sample;

import io.ennead.router.random.CounterRandom;
import io.ennead.router.random.CounterRandom.Purpose;

/**
 * Draws the next token from a row of logits.
 *
 * <p>Tokens are ranked by logit, highest first, ties to the lower id. Every filter keeps a prefix
 * of that ranking, and they are applied in the order of Hugging Face transformers
 * (generation/logits_process.py):
 *
 * <ol>
 *   <li>temperature: weight w_i = exp((l_i - l_max) / T). T = 0 returns the first of the ranking. T
 *       = +infinity gives every token the weight 1; the ranking stays that of the logits.
 *   <li>top-k: the first k of the ranking. (Hugging Face also keeps tokens that tie with the k-th.)
 *   <li>top-p: the shortest prefix whose weights sum to at least p times the sum over what top-k
 *       kept.
 *   <li>min-p: tokens with w_i &gt;= min_p * w_max, where w_max = 1.
 * </ol>
 *
 * <p>The draw inverts the cumulative distribution in the order of the ranking: the first token at
 * which the running sum exceeds u times the total, with u from {@link CounterRandom} at (seed,
 * position). A logit of -infinity means a token that is never drawn.
 *
 * <p>Nothing is sorted: a prefix is found by quickselect, by count or by weight, in time linear in
 * the vocabulary. Weights are doubles from {@link StrictMath}, so the choice does not depend on the
 * machine.
 *
 * <p>Keeps scratch space: for one thread at a time.
 */
public final class Sampler {
  private Ranking ranking = new Ranking(0);

  /**
   * Draws a token.
   *
   * @param logits holds the row at {@code offset}, {@code vocabulary} long; not modified
   * @param seed of the request's random stream
   * @param position of the token drawn within its sequence
   */
  public int sample(
      float[] logits,
      int offset,
      int vocabulary,
      SamplingOptions options,
      long seed,
      int position) {
    int best = LogProbs.argmax(logits, offset, vocabulary);
    if (options.temperature() == 0 || options.topK() == 1) {
      return best;
    }
    Ranking candidates = ranking(vocabulary);
    candidates.load(logits, offset, vocabulary);
    if (options.topK() > 0) {
      candidates.keepFirst(options.topK());
    }
    candidates.weigh(logits[offset + best], options.temperature());
    if (options.topP() < 1) {
      candidates.keepMass(options.topP());
    }
    candidates.keepAtLeast(options.minP());
    return candidates.draw(CounterRandom.uniform(seed, Purpose.TOKEN, position, 0));
  }

  private Ranking ranking(int vocabulary) {
    if (ranking.capacity() < vocabulary) {
      ranking = new Ranking(vocabulary);
    }
    return ranking;
  }
}
