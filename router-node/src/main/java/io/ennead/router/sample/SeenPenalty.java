package io.ennead.router.sample;

/**
 * Repetition, frequency and presence penalty, in this order, as vLLM and llama.cpp have it. Counts
 * the tokens of the window as they come and go, so that a step costs no more for a long text.
 */
final class SeenPenalty implements LogitEdit {
  private final Penalties penalties;
  private final History history;

  /** Times that the window has each token. */
  private int[] seen = {};

  /** Of these, in the continuation. */
  private int[] drawn = {};

  SeenPenalty(Penalties penalties, History history) {
    this.penalties = penalties;
    this.history = history;
  }

  /** Counts when the first row comes: a sequence may have to wait for that. */
  private void start(int vocabulary) {
    seen = new int[vocabulary];
    drawn = new int[vocabulary];
    int first = penalties.lastN() == 0 ? 0 : Math.max(0, history.size() - penalties.lastN());
    for (int i = first; i < history.size(); i++) {
      count(i, 1);
    }
  }

  private void count(int place, int by) {
    seen[history.get(place)] += by;
    drawn[history.get(place)] += place < history.promptLength() ? 0 : by;
  }

  @Override
  public void appended() {
    int last = history.size() - 1;
    count(last, 1);
    if (penalties.lastN() > 0 && last >= penalties.lastN()) {
      count(last - penalties.lastN(), -1);
    }
  }

  @Override
  public void apply(float[] row) {
    if (seen.length == 0) {
      start(row.length);
    }
    for (int id = 0; id < row.length; id++) {
      if (seen[id] > 0 && row[id] != Float.NEGATIVE_INFINITY) {
        row[id] = LogitEdit.finite(repeated(row[id]) - paid(drawn[id]));
      }
    }
  }

  private double repeated(double logit) {
    return logit > 0 ? logit / penalties.repetition() : logit * penalties.repetition();
  }

  private double paid(int times) {
    return times * penalties.frequency() + (times > 0 ? penalties.presence() : 0);
  }
}
