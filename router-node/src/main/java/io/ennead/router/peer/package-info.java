/**
 * Remote expert nodes: one channel each, what state they are in, and the calls to them. The only
 * package of this module, besides the API, that knows gRPC; what leaves it are plain rows and
 * {@code PeerException}.
 */
@NullMarked
package io.ennead.router.peer;

import org.jspecify.annotations.NullMarked;
