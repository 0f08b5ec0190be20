package io.ennead.router.sample;

import io.ennead.errors.ServingException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/**
 * Log-probabilities of a row of logits at an inverse temperature B, and the distribution's moments.
 * With d_i = l_i - r, where r is the highest logit (the lowest when B is negative) so that no
 * exponent is positive: Z = sum of exp(B d_i), ln p_i = B d_i - ln Z, and entropy ln Z - B mean(d).
 * In double, summed in id order, all in one pass. A view: the logits must not change while it is in
 * use.
 */
public final class LogProbs {
  private final LogitRow row;
  private final double inverseTemperature;
  private final float reference;
  private final double logSum;
  private final double mean;
  private final double variance;

  private LogProbs(
      LogitRow row,
      double inverseTemperature,
      float reference,
      double sum,
      double first,
      double second) {
    this.row = row;
    this.inverseTemperature = inverseTemperature;
    this.reference = reference;
    this.logSum = StrictMath.log(sum);
    this.mean = first / sum;
    this.variance = Math.max(0, second / sum - mean * mean);
  }

  /**
   * Normalises the row at {@code offset} as it is, at temperature 1.
   *
   * @throws ServingException when a logit is NaN or +infinity
   */
  public static LogProbs of(float[] logits, int offset, int vocabulary) {
    return LogitRow.of(logits, offset, vocabulary).at(1);
  }

  static LogProbs of(LogitRow row, double inverseTemperature) {
    float reference = inverseTemperature < 0 ? row.min() : row.max();
    double sum = 0;
    double first = 0;
    double second = 0;
    for (int id = 0; id < row.vocabulary(); id++) {
      float logit = row.logit(id);
      if (logit != Float.NEGATIVE_INFINITY) {
        double distance = (double) logit - reference;
        double weight = StrictMath.exp(scaled(inverseTemperature, distance));
        sum += weight;
        first += weight * distance;
        second += weight * distance * distance;
      }
    }
    return new LogProbs(row, inverseTemperature, reference, sum, first, second);
  }

  /** B d; 0 where d is 0, however large B is. */
  private static double scaled(double inverseTemperature, double distance) {
    return distance == 0 ? 0 : inverseTemperature * distance;
  }

  /** The token's log-probability. */
  public double of(int id) {
    float logit = row.logit(id);
    return logit == Float.NEGATIVE_INFINITY
        ? Double.NEGATIVE_INFINITY
        : scaled(inverseTemperature, (double) logit - reference) - logSum;
  }

  /** Entropy in nats. */
  public double entropy() {
    return logSum - scaled(inverseTemperature, mean);
  }

  /** The token's log-probability and its derivatives by B. */
  public Likelihood likelihood(int id) {
    float logit = row.logit(id);
    return logit == Float.NEGATIVE_INFINITY
        ? new Likelihood(inverseTemperature, logit, 0, 0)
        : new Likelihood(inverseTemperature, of(id), (double) logit - reference - mean, -variance);
  }

  /** Tokens of a higher logit: at positive temperatures, those that are more likely. */
  public int rank(int id) {
    float own = row.logit(id);
    int rank = 0;
    for (int other = 0; other < row.vocabulary(); other++) {
      if (row.logit(other) > own) {
        rank++;
      }
    }
    return rank;
  }

  /** The tokens of the highest logits, highest first, ties to the lower id. */
  public List<TokenLogProb> top(int count) {
    int[] best = first(count, row::logit);
    List<TokenLogProb> top = new ArrayList<>(best.length);
    for (int id : best) {
      top.add(TokenLogProb.of(id, of(id)));
    }
    return top;
  }

  /** The token's probability. */
  double probability(int id) {
    return StrictMath.exp(of(id));
  }

  int vocabulary() {
    return row.vocabulary();
  }

  /**
   * The tokens most likely at this temperature, most likely first, ties to the lower id; at most
   * {@code count}.
   */
  int[] mostLikely(int count) {
    return first(count, this::likelihoodOrder);
  }

  /** The tokens highest in an order, highest first, ties to the lower id. */
  private int[] first(int count, IntToDoubleFunction order) {
    int[] best = new int[Math.min(count, row.vocabulary())];
    int found = 0;
    for (int id = 0; id < row.vocabulary(); id++) {
      found = insert(best, found, id, order);
    }
    return best;
  }

  /** Rises with the token's probability, also where that is too small for a double. */
  private double likelihoodOrder(int id) {
    float logit = row.logit(id);
    return logit == Float.NEGATIVE_INFINITY ? logit : Math.signum(inverseTemperature) * logit;
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

  private static int insert(int[] best, int found, int id, IntToDoubleFunction order) {
    int at = found;
    double own = order.applyAsDouble(id);
    while (at > 0 && own > order.applyAsDouble(best[at - 1])) {
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
