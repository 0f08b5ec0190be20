package io.ennead.router.sample;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntPredicate;

/**
 * The penalty of {@link Dry}. For every earlier place in the window, the length of the longest run
 * of tokens that ends there and also ends the text; the token that follows there would prolong it.
 * A run holds no breaker and is at most {@value Dry#MAX_MATCH} long; a breaker itself is never
 * penalised; a token that would prolong several pays for the longest.
 */
final class DryPenalty implements LogitEdit {
  private final Dry dry;
  private final History history;
  private final IntPredicate breaks;

  /** Places of the history that hold a breaker. */
  private final BitSet breakers = new BitSet();

  DryPenalty(Dry dry, History history, IntPredicate breaks) {
    this.dry = dry;
    this.history = history;
    this.breaks = breaks;
    for (int i = 0; i < history.size(); i++) {
      note(i);
    }
  }

  private void note(int place) {
    breakers.set(place, breaks.test(history.get(place)));
  }

  @Override
  public void appended() {
    note(history.size() - 1);
  }

  @Override
  public void apply(float[] row) {
    longest()
        .forEach(
            (token, length) -> {
              if (row[token] != Float.NEGATIVE_INFINITY) {
                row[token] = LogitEdit.finite(row[token] - dry.penalty(length));
              }
            });
  }

  /** Length of the longest run that each token would prolong, when that is not allowed. */
  private Map<Integer, Integer> longest() {
    int last = history.size() - 1;
    int first = dry.lastN() == 0 ? 0 : Math.max(0, last + 1 - dry.lastN());
    int limit = Math.min(Dry.MAX_MATCH, last - breakers.previousSetBit(last));
    Map<Integer, Integer> longest = new HashMap<>();
    for (int end = first; end < last && limit >= dry.allowedLength(); end++) {
      int length = breakers.get(end + 1) ? 0 : match(first, end, last, limit);
      if (length >= dry.allowedLength()) {
        longest.merge(history.get(end + 1), length, Math::max);
      }
    }
    return longest;
  }

  private int match(int first, int end, int last, int limit) {
    int length = 0;
    while (length < limit
        && end - length >= first
        && history.get(end - length) == history.get(last - length)) {
      length++;
    }
    return length;
  }
}
