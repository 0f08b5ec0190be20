package io.ennead.router.dispatch;

import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.router.moe.ExpertRows;
import io.ennead.router.moe.RoutingObserver.Origin;
import io.ennead.router.peer.ExpertPeer;
import io.ennead.router.peer.PeerException;
import io.ennead.router.peer.PeerReply;
import io.ennead.router.peer.PeerRequest;
import io.ennead.router.peer.PeerRequest.Slice;
import io.ennead.router.peer.PeerRequest.Tile;
import io.ennead.wire.Rows;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One call to one node, under way.
 *
 * @param experts what it computes, experts ascending
 * @param retry whether another node was asked first
 * @param boundByScope whether it was the caller's time, not the layer's budget, that set the limit
 * @param deadline when the peer ends the call by itself
 * @param sentNanos when it was sent, on the clock of {@link System#nanoTime}
 * @param reply fails with {@link PeerException}, or is cancelled
 */
record NodeCall(
    ExpertPeer peer,
    List<ExpertRows> experts,
    boolean retry,
    boolean boundByScope,
    Duration deadline,
    long sentNanos,
    CompletableFuture<PeerReply> reply) {

  Origin origin() {
    return new Origin(peer.address().toString(), retry);
  }

  /** What is left of the deadline and a margin; never negative. */
  long nanosLeft(Duration margin) {
    return Math.max(0, deadline.plus(margin).toNanos() - (System.nanoTime() - sentNanos));
  }

  /**
   * What to send for the given experts: each row that any of them needs, once.
   *
   * @param hidden all rows of the layer
   */
  static PeerRequest request(int layer, Phase phase, Rows hidden, List<ExpertRows> experts) {
    int[] sent =
        experts.stream()
            .flatMapToInt(expert -> Arrays.stream(expert.rows()))
            .sorted()
            .distinct()
            .toArray();
    List<Slice> slices =
        experts.stream().map(e -> new Slice(e.expert(), places(e.rows(), sent))).toList();
    return new PeerRequest(layer, tile(phase), hidden.select(sent), slices);
  }

  private static Tile tile(Phase phase) {
    return switch (phase) {
      case DECODE -> Tile.DECODE;
      case PREFILL -> Tile.PREFILL;
    };
  }

  private static int[] places(int[] rows, int[] sent) {
    return Arrays.stream(rows).map(row -> Arrays.binarySearch(sent, row)).toArray();
  }
}
