package io.ennead.router.peer;

import io.ennead.wire.Rows;

/**
 * Outputs of a node's experts, not yet weighted.
 *
 * @param outputs as many as the slices have rows, slice after slice
 * @param requestBytes size of the request message
 * @param replyBytes size of the reply message
 */
public record PeerReply(Rows outputs, int requestBytes, int replyBytes) {}
