package io.ennead.router.sample;

/**
 * The logits of one place in a text, and their extremes: what {@link LogProbs} normalises at one or
 * several temperatures. A view: the logits must not change while it is in use. A logit of -infinity
 * means a token that has no probability at any temperature.
 */
public final class LogitRow {
  private final float[] logits;
  private final int offset;
  private final int vocabulary;
  private final float max;
  private final float min;

  private LogitRow(float[] logits, int offset, int vocabulary, float max, float min) {
    this.logits = logits;
    this.offset = offset;
    this.vocabulary = vocabulary;
    this.max = max;
    this.min = min;
  }

  /**
   * The row at {@code offset}, {@code vocabulary} long.
   *
   * @throws io.ennead.errors.ServingException when a logit is NaN or +infinity, or all are
   *     -infinity
   */
  public static LogitRow of(float[] logits, int offset, int vocabulary) {
    float max = logits[offset + LogProbs.argmax(logits, offset, vocabulary)];
    float min = max;
    for (int id = 0; id < vocabulary; id++) {
      float logit = logits[offset + id];
      if (logit < min && logit != Float.NEGATIVE_INFINITY) {
        min = logit;
      }
    }
    return new LogitRow(logits, offset, vocabulary, max, min);
  }

  /**
   * The distribution softmax(B l).
   *
   * @param inverseTemperature B = 1 / T: 0 is uniform, negative prefers the lowest logits, infinite
   *     is uniform over the highest (the lowest) ones
   */
  public LogProbs at(double inverseTemperature) {
    return LogProbs.of(this, inverseTemperature);
  }

  float logit(int id) {
    return logits[offset + id];
  }

  int vocabulary() {
    return vocabulary;
  }

  float max() {
    return max;
  }

  float min() {
    return min;
  }
}
