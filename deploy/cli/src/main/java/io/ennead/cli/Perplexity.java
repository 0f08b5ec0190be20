package io.ennead.cli;

import io.ennead.client.EnneadClient;
import io.ennead.v1.ScoreRequest;
import io.ennead.v1.TokenIds;
import io.ennead.v1.TokenScore;
import io.ennead.v1.TokenizeRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Perplexity of texts: exp(-mean log-probability) over all their tokens but those that begin a
 * piece. A text longer than the context is scored in pieces, each of which begins with the token
 * that the tokenizer puts in front of a text.
 *
 * @param tokens tokens scored
 * @param logProbability sum over them
 */
record Perplexity(long tokens, double logProbability) {
  private static final int CALLERS = 8;

  double value() {
    return Math.exp(-logProbability / tokens);
  }

  /** Scores texts, several at a time. */
  static Perplexity of(EnneadClient client, List<String> texts, Duration limit)
      throws InterruptedException {
    int context = client.listModels(limit).getModels(0).getContextLength();
    ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
    try {
      List<Future<Perplexity>> parts = new ArrayList<>();
      for (String text : texts) {
        for (TokenIds piece : pieces(client, text, context, limit)) {
          parts.add(callers.submit(() -> score(client, piece, limit)));
        }
      }
      return sum(parts);
    } finally {
      callers.shutdownNow();
    }
  }

  private static Perplexity sum(List<Future<Perplexity>> parts) throws InterruptedException {
    Perplexity sum = new Perplexity(0, 0);
    for (Future<Perplexity> part : parts) {
      try {
        Perplexity one = part.get();
        sum = new Perplexity(sum.tokens + one.tokens, sum.logProbability + one.logProbability);
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RuntimeException cause) {
          throw cause;
        }
        throw new IllegalStateException(e.getCause());
      }
    }
    return sum;
  }

  private static List<TokenIds> pieces(
      EnneadClient client, String text, int context, Duration limit) {
    List<Integer> ids = tokens(client, text, false, limit);
    List<Integer> front = ids.subList(0, ids.size() - tokens(client, text, true, limit).size());
    List<Integer> rest = ids.subList(front.size(), ids.size());
    int length = context - front.size();
    List<TokenIds> pieces = new ArrayList<>();
    for (int at = 0; at < rest.size(); at += length) {
      pieces.add(
          TokenIds.newBuilder()
              .addAllIds(front)
              .addAllIds(rest.subList(at, Math.min(rest.size(), at + length)))
              .build());
    }
    return pieces;
  }

  private static List<Integer> tokens(
      EnneadClient client, String text, boolean omitSpecial, Duration limit) {
    return client
        .tokenize(
            TokenizeRequest.newBuilder().setText(text).setOmitSpecialTokens(omitSpecial).build(),
            limit)
        .getIdsList();
  }

  private static Perplexity score(EnneadClient client, TokenIds piece, Duration limit) {
    long tokens = 0;
    double sum = 0;
    ScoreRequest request = ScoreRequest.newBuilder().setTokenIds(piece).build();
    for (TokenScore token : client.score(request, limit).getTokensList()) {
      if (token.hasLogprob()) {
        tokens++;
        sum += token.getLogprob();
      }
    }
    return new Perplexity(tokens, sum);
  }
}
