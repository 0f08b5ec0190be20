package io.ennead.router.api.kserve;

import io.ennead.v1.MoeServiceForwardRequest;

/** What a request for one layer says, while it is read. Used by one thread. */
final class LayerDraft {
  final MoeServiceForwardRequest.Builder request = MoeServiceForwardRequest.newBuilder();
  boolean routing;
}
