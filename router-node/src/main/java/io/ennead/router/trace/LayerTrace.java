package io.ennead.router.trace;

import java.util.Arrays;

/**
 * The routing of consecutive tokens at one layer; arrays are not to be modified.
 *
 * @param logits gate logits before soft cap and temperature, [tokens, experts]
 * @param probabilities of each expert, [tokens, experts]
 * @param entropies of the probabilities in nats, [tokens]
 * @param expertsPerToken k
 * @param experts chosen, [tokens, k], the one of the largest weight first
 * @param weights [tokens, k]; 0: not run
 * @param shares of the sum of the experts' norms, [tokens, k]
 * @param node 1 + index of the node that answered, [tokens, k]; 0: not run
 * @param retried whether another node failed first, [tokens, k]
 */
public record LayerTrace(
    int layer,
    float[] logits,
    float[] probabilities,
    float[] entropies,
    int expertsPerToken,
    int[] experts,
    float[] weights,
    float[] shares,
    int[] node,
    boolean[] retried) {

  /** Room for so many tokens. */
  static LayerTrace of(int layer, int tokens, int experts, int k) {
    return new LayerTrace(
        layer,
        new float[tokens * experts],
        new float[tokens * experts],
        new float[tokens],
        k,
        new int[tokens * k],
        new float[tokens * k],
        new float[tokens * k],
        new int[tokens * k],
        new boolean[tokens * k]);
  }

  /** Bytes of a token in a message, about. */
  static long bytesPerToken(int experts, int k) {
    return 8L * experts + 4 + 12L * k;
  }

  /** Some of its tokens. */
  LayerTrace slice(int from, int to) {
    int experts = entropies.length == 0 ? 0 : logits.length / entropies.length;
    int k = expertsPerToken;
    return new LayerTrace(
        layer,
        Arrays.copyOfRange(logits, from * experts, to * experts),
        Arrays.copyOfRange(probabilities, from * experts, to * experts),
        Arrays.copyOfRange(entropies, from, to),
        k,
        Arrays.copyOfRange(this.experts, from * k, to * k),
        Arrays.copyOfRange(weights, from * k, to * k),
        Arrays.copyOfRange(shares, from * k, to * k),
        Arrays.copyOfRange(node, from * k, to * k),
        Arrays.copyOfRange(retried, from * k, to * k));
  }
}
