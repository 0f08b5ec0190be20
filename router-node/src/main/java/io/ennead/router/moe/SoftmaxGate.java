package io.ennead.router.moe;

import io.ennead.errors.ServingException;
import java.util.List;

/**
 * The gate of Mixtral and its kin: softmax over all experts, the k most likely, renormalised. The
 * sum over all experts cancels, so with temperature T the weight of a chosen expert i is
 *
 * <pre>w_i = exp((l_i - l_0) / T) / sum over the chosen j of exp((l_j - l_0) / T)</pre>
 *
 * where l_0 is the first logit of the ranking (Mixtral's modelling code in Hugging Face
 * transformers, with l / T in the place of l). T = 1 divides by nothing and so is bit-identical to
 * no temperature. T = 0 gives the first expert all the weight, T = ±infinity gives the chosen equal
 * weights. A negative T inverts the ranking: the lowest logit comes first. Ties go to the lower
 * expert id in either direction, and at T = 0 the first of the tied has it all.
 *
 * <p>The inner arithmetic is double through {@link StrictMath}, rounded to float32 once at the end:
 * the bits depend neither on the machine nor on its compiler.
 */
public final class SoftmaxGate implements Gate {
  private final int experts;
  private final int expertsPerToken;

  /** A gate of so many experts, of which the model uses {@code expertsPerToken} by default. */
  public SoftmaxGate(int experts, int expertsPerToken) {
    if (expertsPerToken < 1 || expertsPerToken > experts) {
      throw new IllegalArgumentException(
          "experts per token: %d (expected: 1 to %d)".formatted(expertsPerToken, experts));
    }
    this.experts = experts;
    this.expertsPerToken = expertsPerToken;
  }

  @Override
  public int experts() {
    return experts;
  }

  @Override
  public int expertsPerToken() {
    return expertsPerToken;
  }

  @Override
  public Routing route(float[] logits, List<RoutingOptions> perRow) {
    int rows = perRow.size();
    requireFinite(logits, rows);
    int places = perRow.stream().mapToInt(options -> k(options)).max().orElse(expertsPerToken);
    int[] ids = new int[rows * places];
    float[] weights = new float[rows * places];
    for (int row = 0; row < rows; row++) {
      RoutingOptions options = perRow.get(row);
      int first = row * places;
      rank(logits, row * experts, options.temperature() < 0, ids, first, places);
      weigh(logits, row * experts, options.temperature(), ids, weights, first, k(options));
    }
    return new Routing(rows, places, ids, weights);
  }

  private int k(RoutingOptions options) {
    return options.expertsPerToken(expertsPerToken, experts);
  }

  private void requireFinite(float[] logits, int rows) {
    if (logits.length != rows * experts) {
      throw new IllegalArgumentException(
          "gate logits: %d (expected: %d rows x %d experts)"
              .formatted(logits.length, rows, experts));
    }
    for (int i = 0; i < logits.length; i++) {
      if (!Float.isFinite(logits[i])) {
        throw ServingException.engineFailure(
            "gate logit of row %d, expert %d: %s (expected: a finite number)"
                .formatted(i / experts, i % experts, logits[i]),
            null);
      }
    }
  }

  /** Writes the first {@code k} experts of the row's ranking to {@code ids}. */
  private void rank(float[] logits, int offset, boolean inverted, int[] ids, int first, int k) {
    int count = 0;
    for (int expert = 0; expert < experts; expert++) {
      float logit = logits[offset + expert];
      int at = count;
      while (at > 0 && before(logit, logits[offset + ids[first + at - 1]], inverted)) {
        at--;
      }
      if (at == k) {
        continue;
      }
      count = Math.min(count + 1, k);
      System.arraycopy(ids, first + at, ids, first + at + 1, count - 1 - at);
      ids[first + at] = expert;
    }
  }

  /** Whether a logit comes strictly before another; the later of equals stays behind. */
  private static boolean before(float logit, float other, boolean inverted) {
    return inverted ? logit < other : logit > other;
  }

  private static void weigh(
      float[] logits, int offset, double t, int[] ids, float[] weights, int first, int k) {
    if (t == 0) {
      weights[first] = 1;
      return;
    }
    double top = logits[offset + ids[first]];
    double[] terms = new double[k];
    double sum = 0;
    for (int i = 0; i < k; i++) {
      double distance = logits[offset + ids[first + i]] - top;
      terms[i] = StrictMath.exp(t == 1 ? distance : distance / t);
      sum += terms[i];
    }
    for (int i = 0; i < k; i++) {
      weights[first + i] = (float) (terms[i] / sum);
    }
  }
}
