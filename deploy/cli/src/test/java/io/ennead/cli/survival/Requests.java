package io.ennead.cli.survival;

import io.ennead.v1.GenerateRequest;
import io.ennead.v1.TokenIds;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Random prompts; most are answered greedily, every fourth is sampled by a seed. */
final class Requests {
  private static final int VOCABULARY = 4096;
  private static final int SPECIAL = 3; // the first ids are no text

  private Requests() {}

  /** The same seed gives the same requests. */
  static List<GenerateRequest> random(long seed, int count, int leastTokens, int mostTokens) {
    Random random = new Random(seed);
    return IntStream.range(0, count)
        .mapToObj(i -> request(random, i, leastTokens, mostTokens))
        .toList();
  }

  private static GenerateRequest request(Random random, int i, int least, int most) {
    int[] prompt = random.ints(1 + random.nextInt(40), SPECIAL, VOCABULARY).toArray();
    GenerateRequest.Builder request =
        GenerateRequest.newBuilder()
            .setTokenIds(TokenIds.newBuilder().addAllIds(Arrays.stream(prompt).boxed().toList()))
            .setLogprobs(0); // of the token alone
    request.getStoppingBuilder().setMaxTokens(random.nextInt(least, most + 1)).setIgnoreEos(true);
    request.getSamplingBuilder().setTemperature(i % 4 == 3 ? 0.9 : 0).setSeed(random.nextInt());
    return request.build();
  }
}
