package io.ennead.router.sample;

/**
 * A distribution over the next token, as a student learns from it: whole, or its most likely tokens
 * and the mass of all others. Each number is computed in double and rounded once.
 *
 * @param ids the most likely tokens, most likely first, ties to the lower id; empty when the row is
 *     whole; not to be modified
 * @param probabilities of {@code ids}, or of every token by id; not to be modified
 * @param remaining probability of the tokens that are not in {@code ids}, summed in id order; 0
 *     when the row is whole
 * @param hidden the hidden state that the logits were computed from; empty when nobody wants it;
 *     not to be modified
 */
public record SoftLabel(int[] ids, float[] probabilities, float remaining, float[] hidden) {

  /** The probability of every token. */
  public static SoftLabel whole(LogProbs row) {
    float[] probabilities = new float[row.vocabulary()];
    for (int id = 0; id < probabilities.length; id++) {
      probabilities[id] = (float) row.probability(id);
    }
    return new SoftLabel(new int[0], probabilities, 0, new float[0]);
  }

  /** The {@code count} most likely tokens; all of them when there are fewer. */
  public static SoftLabel top(LogProbs row, int count) {
    int[] ids = row.mostLikely(count);
    float[] probabilities = new float[ids.length];
    boolean[] told = new boolean[row.vocabulary()];
    for (int i = 0; i < ids.length; i++) {
      probabilities[i] = (float) row.probability(ids[i]);
      told[ids[i]] = true;
    }
    double remaining = 0;
    for (int id = 0; id < told.length; id++) {
      remaining += told[id] ? 0 : row.probability(id);
    }
    return new SoftLabel(ids, probabilities, (float) remaining, new float[0]);
  }

  /** The same and the hidden state. */
  public SoftLabel from(float[] hidden) {
    return new SoftLabel(ids, probabilities, remaining, hidden);
  }
}
