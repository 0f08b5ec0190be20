package io.ennead.router.placement;

import io.ennead.router.peer.ExpertPeer;
import io.ennead.router.peer.PeerState;
import java.util.List;
import java.util.Optional;

/** Which of the nodes that hold an expert gets its rows. */
@FunctionalInterface
public interface ReplicaChoice {
  /** The first that is ready, so that replicas are spares. */
  ReplicaChoice FIRST_READY =
      holders ->
          holders.stream().filter(peer -> peer.state() instanceof PeerState.Ready).findFirst();

  /** One of the nodes; empty when none may be asked. */
  Optional<ExpertPeer> choose(List<ExpertPeer> holders);
}
