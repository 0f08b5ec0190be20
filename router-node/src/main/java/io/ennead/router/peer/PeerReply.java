package io.ennead.router.peer;

/**
 * Outputs of a node's experts, not yet weighted.
 *
 * @param outputs [sum of slice lengths, width], slice after slice
 * @param requestBytes size of the request message
 * @param replyBytes size of the reply message
 */
public record PeerReply(float[] outputs, int requestBytes, int replyBytes) {}
