package io.ennead.router.trace;

/** What a {@link LayerSummary} is made of, while tokens are added. Used by one thread. */
final class LayerSums {
  private final int layer;
  private final long[] expertTokens;
  private long tokens;
  private double entropy;
  private double top1Share;

  LayerSums(int layer, int experts) {
    this.layer = layer;
    this.expertTokens = new long[experts];
  }

  int layer() {
    return layer;
  }

  /** Counts a token: its k experts and weights begin at {@code place}. */
  void token(double ownEntropy, int[] experts, float[] weights, int place, int k) {
    tokens++;
    entropy += ownEntropy;
    double total = 0;
    for (int i = place; i < place + k; i++) {
      total += weights[i];
      if (weights[i] != 0) {
        expertTokens[experts[i]]++;
      }
    }
    top1Share += total == 0 ? 0 : weights[place] / total;
  }

  void add(LayerSums more) {
    tokens += more.tokens;
    entropy += more.entropy;
    top1Share += more.top1Share;
    for (int expert = 0; expert < expertTokens.length; expert++) {
      expertTokens[expert] += more.expertTokens[expert];
    }
  }

  LayerSummary summary() {
    long divisor = Math.max(tokens, 1);
    return new LayerSummary(
        layer, tokens, expertTokens.clone(), entropy / divisor, top1Share / divisor);
  }
}
