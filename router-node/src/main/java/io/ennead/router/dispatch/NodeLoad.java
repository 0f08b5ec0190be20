package io.ennead.router.dispatch;

/**
 * What a node has to do for this router.
 *
 * @param inFlight calls that it has not answered yet
 * @param rows (a token for one expert) that it was asked for so far, repeats included
 * @param open whether its breaker is: it gets no calls but probes
 */
public record NodeLoad(int inFlight, long rows, boolean open) {}
