package io.ennead.router.sample;

import java.util.List;

/**
 * Bans the token that would complete a sequence, when the ones before it end the text, prompt
 * included, as Hugging Face transformers' NoBadWordsLogitsProcessor does.
 */
final class BadWords implements LogitEdit {
  private final int[][] sequences;
  private final History history;

  BadWords(List<List<Integer>> sequences, History history) {
    this.sequences =
        sequences.stream()
            .map(ids -> ids.stream().mapToInt(Integer::intValue).toArray())
            .toArray(int[][]::new);
    this.history = history;
  }

  @Override
  public void apply(float[] row) {
    for (int[] sequence : sequences) {
      int last = sequence.length - 1;
      if (historyEndsWith(sequence, last)) {
        row[sequence[last]] = Float.NEGATIVE_INFINITY;
      }
    }
  }

  private boolean historyEndsWith(int[] sequence, int length) {
    int from = history.size() - length;
    for (int i = 0; i < length; i++) {
      if (from < 0 || history.get(from + i) != sequence[i]) {
        return false;
      }
    }
    return true;
  }
}
