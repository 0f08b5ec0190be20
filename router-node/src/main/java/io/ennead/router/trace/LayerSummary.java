package io.ennead.router.trace;

/**
 * The routing of all tokens of a sequence at one layer.
 *
 * @param tokens computed
 * @param expertTokens tokens that each expert ran for, [experts]; not to be modified
 * @param meanEntropy of the gate's probabilities, in nats
 * @param top1Share mean share of the total weight that a token's heaviest expert has
 */
public record LayerSummary(
    int layer, long tokens, long[] expertTokens, double meanEntropy, double top1Share) {}
