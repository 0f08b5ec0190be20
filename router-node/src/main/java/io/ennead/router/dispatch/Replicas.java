package io.ennead.router.dispatch;

import io.ennead.router.peer.ExpertPeer;
import io.ennead.router.peer.PeerState;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToLongFunction;

/**
 * Chooses among the nodes that hold an expert: of those that are ready and answer well the one that
 * is expected to be done first, by its outstanding rows and its measured speed. Thread-safe.
 */
final class Replicas {
  private final Map<ExpertPeer, PeerLoad> loads = new ConcurrentHashMap<>();

  PeerLoad load(ExpertPeer peer) {
    return loads.computeIfAbsent(peer, none -> new PeerLoad());
  }

  /**
   * A choice.
   *
   * @param probe whether the node gets this call to show that it is well again
   */
  record Choice(ExpertPeer peer, boolean probe) {}

  /**
   * One of the nodes; empty when none may be asked. A node whose breaker is open is asked first
   * when it is its turn to be probed.
   *
   * @param units what the call would add to each node's work
   * @param probed nodes that get a probe already, of which these rows may be a part
   */
  Optional<Choice> choose(
      List<ExpertPeer> holders, ToLongFunction<ExpertPeer> units, Set<ExpertPeer> probed) {
    List<ExpertPeer> ready =
        holders.stream().filter(peer -> peer.state() instanceof PeerState.Ready).toList();
    return ready.stream()
        .filter(peer -> load(peer).breaker().tryProbe(System.nanoTime(), peer.heardNanos()))
        .findFirst()
        .map(peer -> new Choice(peer, true))
        .or(() -> fastest(ready, units, probed).map(peer -> new Choice(peer, false)));
  }

  /** Whether one of the nodes is ready and answers well. */
  boolean anyWell(List<ExpertPeer> peers) {
    return peers.stream()
        .anyMatch(peer -> peer.state() instanceof PeerState.Ready && load(peer).breaker().closed());
  }

  private Optional<ExpertPeer> fastest(
      List<ExpertPeer> ready, ToLongFunction<ExpertPeer> units, Set<ExpertPeer> probed) {
    return ready.stream()
        .filter(peer -> load(peer).breaker().closed() || probed.contains(peer))
        .min(Comparator.comparingDouble(peer -> load(peer).waitFor(units.applyAsLong(peer))));
  }
}
