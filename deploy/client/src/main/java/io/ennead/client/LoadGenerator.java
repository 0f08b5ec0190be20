package io.ennead.client;

import io.ennead.client.load.RequestMix;
import io.ennead.v1.Finish;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.TraceLevel;
import io.ennead.v1.TraceOptions;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * Measures a router as its clients see it, with requests that all make exactly the tokens asked
 * for: greedy, past the end-of-sequence token, from prompts of random ids. The same seed gives the
 * same prompts, which a router that has served them may have in its prefix cache.
 *
 * <p>Used by one thread.
 */
public final class LoadGenerator {
  private static final int DECODE_PROMPT_TOKENS = 16;

  private final EnneadClient client;
  private final Duration limit;
  private final int vocabulary;
  private final TraceLevel trace;
  private final Random random;

  /**
   * A generator of load for one router.
   *
   * @param limit of each request
   * @param vocabulary number of token ids of the served model
   * @param trace how much of the routing the answers are to carry
   * @param seed of the prompts
   */
  public LoadGenerator(
      EnneadClient client, Duration limit, int vocabulary, TraceLevel trace, long seed) {
    this.client = client;
    this.limit = limit;
    this.vocabulary = vocabulary;
    this.trace = trace;
    this.random = new Random(seed);
  }

  /**
   * What one run showed.
   *
   * @param tokensPerSecond over all streams together, from the first request sent to the last
   *     answer's end
   * @param firstTokenSeconds median time from a request sent to its first token
   */
  public record Measurement(double tokensPerSecond, double firstTokenSeconds) {}

  /** Streams that start together and make {@code tokens} tokens each; these are counted. */
  public Measurement decode(int streams, int tokens) {
    return measure(streams, DECODE_PROMPT_TOKENS, tokens, tokens);
  }

  /** Prompts sent together that make one token each; the prompts' tokens are counted. */
  public Measurement prefill(int prompts, int promptTokens) {
    return measure(prompts, promptTokens, 1, promptTokens);
  }

  private Measurement measure(int streams, int promptTokens, int tokens, int counted) {
    List<GenerateRequest> requests =
        IntStream.range(0, streams).mapToObj(i -> request(promptTokens, tokens)).toList();
    long start = System.nanoTime();
    List<CompletableFuture<Double>> running =
        requests.stream().map(request -> send(request, tokens)).toList();
    double[] firstTokens = running.stream().mapToDouble(LoadGenerator::await).sorted().toArray();
    double seconds = (System.nanoTime() - start) / 1e9;
    return new Measurement(streams * counted / seconds, firstTokens[streams / 2]);
  }

  /** Completes with the seconds to the first token when all tokens have come. */
  private CompletableFuture<Double> send(GenerateRequest request, int tokens) {
    AtomicLong first = new AtomicLong();
    long start = System.nanoTime();
    return client
        .generate(request, limit, piece -> noteFirst(piece, first, start))
        .thenApply(finish -> requireAll(finish, tokens, first.get() / 1e9));
  }

  private static void noteFirst(GenerateResponse piece, AtomicLong first, long start) {
    if (piece.getTokenIdsCount() > 0) {
      first.compareAndSet(0, System.nanoTime() - start);
    }
  }

  private static double requireAll(Finish finish, int tokens, double firstSeconds) {
    if (finish.getGeneratedTokens() != tokens) {
      throw new IllegalStateException(
          "tokens of a stream: %d (expected: %d)".formatted(finish.getGeneratedTokens(), tokens));
    }
    return firstSeconds;
  }

  private static double await(CompletableFuture<Double> stream) {
    try {
      return stream.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  private GenerateRequest request(int promptTokens, int tokens) {
    int[] ids = random.ints(promptTokens, 0, vocabulary).toArray();
    return RequestMix.request(ids, tokens)
        .setTrace(TraceOptions.newBuilder().setLevel(trace))
        .build();
  }
}
