package io.ennead.cli.route;

/**
 * An expert that was chosen for a token.
 *
 * @param weight combine weight; 0: not run
 * @param share of what the layer adds to the token
 * @param probability by the gate
 * @param node that answered, host:port; empty when not run
 * @param retried whether another node failed first
 */
public record Choice(
    int expert, double weight, double share, double probability, String node, boolean retried) {}
