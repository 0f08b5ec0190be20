package io.ennead.client.load;

import io.ennead.v1.GenerateRequest;
import io.ennead.v1.SamplingOptions;
import io.ennead.v1.StoppingOptions;
import io.ennead.v1.TokenIds;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Supplier;

/**
 * Requests that make exactly the tokens asked for: greedy, past the end-of-sequence token, from
 * prompts of random ids. The same seed gives the same ones. Used by one thread.
 */
public final class RequestMix implements Supplier<GenerateRequest> {
  private final Lengths promptTokens;
  private final Lengths tokens;
  private final int vocabulary;
  private final Random random;

  /**
   * A mixture.
   *
   * @param promptTokens lengths of the prompts
   * @param tokens of the answers
   * @param vocabulary number of token ids of the served model
   */
  public RequestMix(Lengths promptTokens, Lengths tokens, int vocabulary, long seed) {
    this.promptTokens = promptTokens;
    this.tokens = tokens;
    this.vocabulary = vocabulary;
    this.random = new Random(seed);
  }

  @Override
  public GenerateRequest get() {
    int[] ids = random.ints(promptTokens.draw(random), 0, vocabulary).toArray();
    return request(ids, tokens.draw(random)).build();
  }

  /** A request for exactly so many tokens after a prompt. */
  public static GenerateRequest.Builder request(int[] ids, int tokens) {
    return GenerateRequest.newBuilder()
        .setTokenIds(TokenIds.newBuilder().addAllIds(Arrays.stream(ids).boxed().toList()))
        .setSampling(SamplingOptions.newBuilder().setTemperature(0))
        .setStopping(StoppingOptions.newBuilder().setMaxTokens(tokens).setIgnoreEos(true));
  }
}
