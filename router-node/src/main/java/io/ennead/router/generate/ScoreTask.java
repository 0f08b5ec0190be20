package io.ennead.router.generate;

import io.ennead.errors.ServingException;
import io.ennead.router.model.Span.Logits;
import io.ennead.router.sample.LogProbs;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;

/**
 * Scores one text: the probability of each token after those before it. Owned by the generation
 * loop's thread.
 */
final class ScoreTask implements SequenceTask {
  private final int[] tokens;
  private final int vocabulary;
  private final CompletableFuture<ScoredTokens> result;
  private final double[] logProbs;
  private final int[] ranks;

  ScoreTask(int[] tokens, int vocabulary, CompletableFuture<ScoredTokens> result) {
    this.tokens = tokens;
    this.vocabulary = vocabulary;
    this.result = result;
    this.logProbs = new double[tokens.length];
    this.ranks = new int[tokens.length];
  }

  @Override
  public Logits promptLogits() {
    return Logits.ALL;
  }

  @Override
  public int maxTokens() {
    return 0;
  }

  @Override
  public void admitted() {}

  @Override
  public OptionalInt accept(int position, float[] logits, int offset) {
    int next = position + 1;
    if (next < tokens.length) {
      LogProbs probabilities = LogProbs.of(logits, offset, vocabulary);
      logProbs[next] = probabilities.of(tokens[next]);
      ranks[next] = probabilities.rank(tokens[next]);
    }
    return OptionalInt.empty();
  }

  @Override
  public void finished() {
    result.complete(new ScoredTokens(logProbs, ranks));
  }

  @Override
  public void failed(ServingException failure) {
    result.completeExceptionally(failure);
  }
}
