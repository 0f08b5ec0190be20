package io.ennead.router.sample;

import io.ennead.errors.ServingException;
import java.util.ArrayList;
import java.util.List;

/**
 * Log-probabilities of a row of logits: log p_i = l_i - l_max - ln(sum of exp(l_j - l_max)), in
 * double, summed in id order. A view: the logits must not change while it is in use.
 */
public final class LogProbs {
  private final float[] logits;
  private final int offset;
  private final int vocabulary;
  private final double logSum;

  private LogProbs(float[] logits, int offset, int vocabulary, double logSum) {
    this.logits = logits;
    this.offset = offset;
    this.vocabulary = vocabulary;
    this.logSum = logSum;
  }

  /**
   * Normalises the row at {@code offset}.
   *
   * @throws ServingException when a logit is NaN or +infinity
   */
  public static LogProbs of(float[] logits, int offset, int vocabulary) {
    double max = logits[offset + argmax(logits, offset, vocabulary)];
    double sum = 0;
    for (int id = 0; id < vocabulary; id++) {
      sum += StrictMath.exp(logits[offset + id] - max);
    }
    return new LogProbs(logits, offset, vocabulary, max + StrictMath.log(sum));
  }

  /** The token's log-probability. */
  public double of(int id) {
    return logits[offset + id] - logSum;
  }

  /** Tokens that are strictly more likely than this one. */
  public int rank(int id) {
    float own = logits[offset + id];
    int rank = 0;
    for (int other = 0; other < vocabulary; other++) {
      if (logits[offset + other] > own) {
        rank++;
      }
    }
    return rank;
  }

  /** The most likely tokens, most likely first, ties to the lower id. */
  public List<TokenLogProb> top(int count) {
    int places = Math.min(count, vocabulary);
    int[] best = new int[places];
    int found = 0;
    for (int id = 0; id < vocabulary; id++) {
      found = insert(best, found, id);
    }
    List<TokenLogProb> top = new ArrayList<>(places);
    for (int id : best) {
      top.add(TokenLogProb.of(id, of(id)));
    }
    return top;
  }

  /** The token with the most likely ones at its place. */
  public TokenLogProb of(int id, int alternatives) {
    return new TokenLogProb(id, of(id), top(alternatives));
  }

  /**
   * The id of the highest logit, ties to the lower id.
   *
   * @throws ServingException when a logit is NaN or +infinity, or all are -infinity
   */
  static int argmax(float[] logits, int offset, int vocabulary) {
    int best = 0;
    for (int id = 0; id < vocabulary; id++) {
      float logit = logits[offset + id];
      if (!(logit < Float.POSITIVE_INFINITY)) {
        throw ServingException.engineFailure(
            "logit of token %d: %s (expected: a finite number)".formatted(id, logit), null);
      }
      if (logit > logits[offset + best]) {
        best = id;
      }
    }
    if (logits[offset + best] == Float.NEGATIVE_INFINITY) {
      throw ServingException.engineFailure("every logit is -Infinity", null);
    }
    return best;
  }

  private int insert(int[] best, int found, int id) {
    int at = found;
    while (at > 0 && logits[offset + id] > logits[offset + best[at - 1]]) {
      at--;
    }
    if (at == best.length) {
      return found;
    }
    int kept = Math.min(found + 1, best.length);
    System.arraycopy(best, at, best, at + 1, kept - 1 - at);
    best[at] = id;
    return kept;
  }
}
