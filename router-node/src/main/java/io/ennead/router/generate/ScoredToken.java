package io.ennead.router.generate;

import io.ennead.router.sample.TokenLogProb;
import java.util.List;

/**
 * The scores of one token.
 *
 * @param logProb ln p(token | tokens before it)
 * @param rank how many tokens were more likely
 * @param entropy of the distribution that it was one of, in nats
 * @param top the most likely tokens at its place
 * @param tempered ln p at each inverse temperature asked for; not to be modified
 */
public record ScoredToken(
    double logProb, int rank, double entropy, List<TokenLogProb> top, double[] tempered) {}
