package io.ennead.router.sample;

import io.ennead.router.sample.Truncation.Xtc;
import java.util.OptionalDouble;

/**
 * The tokens that may still be drawn, and what each sampler does to them. Every formula is on the
 * probabilities p_i of what the samplers before it left, renormalised; nothing is ever sorted.
 *
 * <p>Probabilities are weights w_i = exp(x_i), x_i = (l_i - l_ref) / T, over their sum, in double
 * from {@link StrictMath}, so no choice depends on the machine. l_ref is the most likely token's
 * logit. Weights are computed when a sampler first asks for them, and so top-k, which asks for the
 * ranking alone, spares the others the work. Until the temperature sampler has run, T is 1; after
 * it, a token whose weight is too small for a double is dropped as soon as weights are asked for.
 *
 * <p>For one thread at a time.
 */
final class Candidates {
  private static final double LN_2 = StrictMath.log(2);

  private Ranking ranking = new Ranking(0);
  private float top;
  private float reference;
  private double temperature;
  private boolean settled;
  private boolean weighed;
  private double logTotal;

  /**
   * Starts over with a row.
   *
   * @param best id of its highest logit
   * @param settled whether T stays 1
   */
  void load(float[] row, int offset, int vocabulary, int best, boolean settled) {
    reserve(vocabulary);
    ranking.load(row, offset, vocabulary);
    start(row[offset + best], settled);
  }

  /** Starts over with one token. */
  void loadOnly(int id, float logit) {
    reserve(1);
    ranking.loadOnly(id, logit);
    start(logit, false);
  }

  /** Only when the first row comes: a sequence may have to wait for that. */
  private void reserve(int tokens) {
    if (ranking.capacity() < tokens) {
      ranking = new Ranking(tokens);
    }
  }

  private void start(float highest, boolean fixed) {
    top = highest;
    temperature = 1;
    settled = fixed;
    weighed = false;
  }

  int size() {
    return ranking.size();
  }

  /** T that the temperature sampler gave, or 1. */
  double temperature() {
    return temperature;
  }

  /** Divides the logits by T; T = 0 keeps the first of the ranking. */
  void temper(double value) {
    temperature = value;
    settled = true;
    weighed = false;
    if (value == 0) {
      ranking.keepFirst();
    } else if (Temperature.inverts(value)) {
      ranking.invert();
    }
  }

  /**
   * Keeps the k first of the ranking (Fan, Lewis and Dauphin, "Hierarchical neural story
   * generation", ACL 2018). Hugging Face transformers also keeps those that tie with the k-th.
   */
  void topK(int k) {
    if (k == 1) {
      ranking.keepFirst();
    } else {
      int before = ranking.size();
      ranking.keepFirst(k);
      weighed &= ranking.size() == before; // counting is done in the weights
    }
  }

  /**
   * Nucleus sampling (Holtzman et al., "The curious case of neural text degeneration", ICLR 2020):
   * keeps the shortest prefix of the ranking whose probabilities sum to at least {@code share}.
   */
  void topP(double share) {
    weigh();
    ranking.keepMass(share);
  }

  /**
   * Min-p (Nguyen et al., "Turning up the heat: min-p sampling for creative and coherent LLM
   * outputs", ICLR 2025): keeps p_i &gt;= share * p_max.
   */
  void minP(double share) {
    weigh();
    double highest = 0;
    for (int i = 0; i < ranking.size(); i++) {
      highest = Math.max(highest, ranking.weight(i));
    }
    ranking.keepAtLeast(share * highest);
  }

  /**
   * Locally typical sampling (Meister, Pimentel, Wiher and Cotterell, "Locally typical sampling",
   * TACL 2023), as Hugging Face transformers' TypicalLogitsWarper: of the tokens whose surprise -ln
   * p_i is nearest the entropy H, ties to the ranking, keeps the fewest whose probabilities sum to
   * at least {@code share}. |-ln p_i - H| is |mean x - x_i|: the logarithm of the sum is in both.
   */
  void typicalP(double share) {
    weigh();
    double mean = meanExponent();
    ranking.keepMass(share, i -> Math.abs(mean - exponent(i)));
    top = highest();
  }

  /**
   * Top-n-sigma (Tang et al., "Top-nσ: not all logits are you need", ACL 2025), as in llama.cpp:
   * keeps l_i &gt;= l_max - n * sigma, where sigma is the standard deviation (of the population) of
   * the candidates' logits. Dividing by T changes both sides alike, but for infinite T, after which
   * all logits are the same and all tokens stay.
   */
  void topNSigma(double n) {
    if (Double.isInfinite(temperature)) {
      return;
    }
    double least = top - n * deviation();
    ranking.keep(i -> ranking.logit(i) >= least);
  }

  private double deviation() {
    int count = ranking.size();
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += ranking.logit(i);
    }
    double mean = sum / count;
    double squares = 0;
    for (int i = 0; i < count; i++) {
      double off = ranking.logit(i) - mean;
      squares += off * off;
    }
    return Math.sqrt(squares / count);
  }

  /**
   * Exclude top choices, by Philipp Emanuel Weidmann (text-generation-webui, pull request 6335), as
   * in llama.cpp: if u is below the probability, removes every token of p_i &gt;= threshold but the
   * last of them in the ranking.
   */
  void xtc(Xtc xtc, double u) {
    if (u >= xtc.probability() || xtc.threshold() > 0.5 || ranking.size() < 2) {
      return;
    }
    weigh();
    double total = ranking.totalWeight();
    int last = -1;
    for (int i = 0; i < ranking.size(); i++) {
      boolean choice = ranking.weight(i) / total >= xtc.threshold();
      last = choice && (last < 0 || ranking.precedes(last, i)) ? i : last;
    }
    int kept = last;
    ranking.keep(i -> i == kept || ranking.weight(i) / total < xtc.threshold());
    top = highest();
  }

  /** Keeps tokens whose surprise -log2 p_i is at most this, and the first of the ranking. */
  void surpriseAtMost(double bits) {
    weigh();
    double sum = StrictMath.log(ranking.totalWeight());
    if (sum / LN_2 > bits) { // x of the first is 0
      ranking.keepFirst();
      return;
    }
    ranking.keep(i -> (sum - exponent(i)) / LN_2 <= bits);
  }

  /**
   * Draws by inverting the cumulative distribution in the order of the ranking: the first token at
   * which the running sum exceeds u times the total.
   */
  int draw(double u) {
    weigh();
    double total = ranking.totalWeight();
    logTotal = StrictMath.log(total);
    return ranking.id(ranking.reach(u * total));
  }

  /** Entropy at T = 1 over the largest that so many tokens can have; empty for one token. */
  OptionalDouble evenness() {
    if (ranking.size() < 2) {
      return OptionalDouble.empty();
    }
    double even = entropy() / StrictMath.log(ranking.size());
    return OptionalDouble.of(Math.max(0, Math.min(1, even)));
  }

  /** Entropy in nats: the sum of p_i (ln sum - x_i). */
  double entropy() {
    weigh();
    return Math.max(0, StrictMath.log(ranking.totalWeight()) - meanExponent());
  }

  /** After the draw: natural logarithm of the token's probability; empty when it was removed. */
  OptionalDouble logProb(int id) {
    for (int i = 0; i < ranking.size(); i++) {
      if (ranking.id(i) == id) {
        return OptionalDouble.of(exponent(i) - logTotal);
      }
    }
    return OptionalDouble.empty();
  }

  /** After the draw: surprise -log2 p of a candidate. */
  double surprise(int id) {
    return -logProb(id).orElseThrow() / LN_2;
  }

  /** Ids of the first of the ranking, in its order. */
  int[] top(int count) {
    int[] best = new int[Math.min(count, ranking.size())];
    int found = 0;
    for (int i = 0; i < ranking.size(); i++) {
      found = insert(best, found, i);
    }
    for (int place = 0; place < found; place++) {
      best[place] = ranking.id(best[place]);
    }
    return best;
  }

  private int insert(int[] best, int found, int index) {
    int at = found;
    while (at > 0 && ranking.precedes(index, best[at - 1])) {
      at--;
    }
    if (at == best.length) {
      return found;
    }
    int kept = Math.min(found + 1, best.length);
    System.arraycopy(best, at, best, at + 1, kept - 1 - at);
    best[at] = index;
    return kept;
  }

  private void weigh() {
    if (weighed) {
      return;
    }
    reference = Temperature.inverts(temperature) ? ranking.logit(ranking.first()) : top;
    if (settled) {
      ranking.weighAndDrop(reference, divisor());
    } else {
      ranking.weigh(reference, divisor());
    }
    weighed = true;
  }

  /** One token is left at T = 0, whose x is 0 whatever it is divided by. */
  private double divisor() {
    return temperature == 0 ? 1 : temperature;
  }

  private double exponent(int index) {
    return ((double) ranking.logit(index) - reference) / divisor();
  }

  private double meanExponent() {
    double sum = 0;
    double total = 0;
    for (int i = 0; i < ranking.size(); i++) {
      sum += ranking.weight(i) * exponent(i);
      total += ranking.weight(i);
    }
    return sum / total;
  }

  private float highest() {
    return ranking.logit(ranking.first());
  }
}
