package io.ennead.router.dispatch;

import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.router.moe.ExpertRows;
import io.ennead.router.moe.RoutingObserver.Origin;
import io.ennead.router.peer.ExpertPeer;
import io.ennead.router.peer.PeerRequest;
import io.ennead.router.peer.PeerRequest.Slice;
import io.ennead.router.peer.PeerRequest.Tile;
import io.ennead.wire.Rows;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * One call to one node. Times are {@link System#nanoTime()}. Used by the thread of its layer, but
 * for what never changes.
 */
final class NodeCall {
  private final ExpertPeer peer;
  private final List<Ask> asks;
  private final Reason reason;
  private final int units;
  private final long sentAt;
  private long budget;
  private long hedgeAt;
  private boolean onTime = true;

  /** Why a node is asked. */
  enum Reason {
    /** It is the first. */
    FIRST,
    /** It is the first, and has to show that it is well again. */
    PROBE,
    /** Another one failed or is late. */
    FAILOVER,
    /** Another one is slow. */
    HEDGE
  }

  /**
   * A call that is about to be sent.
   *
   * @param asks experts ascending
   * @param units its size, see {@link LayerBudget#units}
   * @param budgetNanos after which it is late
   * @param hedgeNanos after which another node is asked as well
   */
  NodeCall(
      ExpertPeer peer,
      List<Ask> asks,
      Reason reason,
      int units,
      long budgetNanos,
      long hedgeNanos) {
    this.peer = peer;
    this.asks = List.copyOf(asks);
    this.reason = reason;
    this.units = units;
    this.sentAt = System.nanoTime();
    this.budget = budgetNanos;
    this.hedgeAt = sentAt + hedgeNanos;
  }

  ExpertPeer peer() {
    return peer;
  }

  /** The experts that it computes, ascending. */
  List<Ask> asks() {
    return asks;
  }

  Reason reason() {
    return reason;
  }

  int units() {
    return units;
  }

  long elapsed() {
    return System.nanoTime() - sentAt;
  }

  Duration budget() {
    return Duration.ofNanos(budget);
  }

  Origin origin() {
    return new Origin(peer.name(), reason == Reason.FAILOVER);
  }

  boolean wanted() {
    return asks.stream().anyMatch(Ask::open);
  }

  boolean onTime() {
    return onTime;
  }

  /** Its time is over: the node counts no longer, though it may still answer. */
  void lapse() {
    if (onTime) {
      onTime = false;
      asks.forEach(Ask::nodeIsOut);
    }
  }

  void hedged() {
    hedgeAt = Long.MAX_VALUE;
  }

  boolean hedgeIsDue(long now) {
    return onTime && hedgeAt != Long.MAX_VALUE && now - hedgeAt >= 0;
  }

  boolean isOver(long now) {
    return onTime && now - sentAt >= budget;
  }

  /** Gives it more time; false when it has had that much. */
  boolean extend(long budgetNanos) {
    boolean longer = budgetNanos > budget;
    budget = Math.max(budget, budgetNanos);
    return longer;
  }

  /** Nanoseconds until something is to be done about it. */
  long patience(long now) {
    if (!onTime) {
      return Long.MAX_VALUE;
    }
    long end = sentAt + budget - now;
    return hedgeAt == Long.MAX_VALUE ? end : Math.min(end, hedgeAt - now);
  }

  /**
   * What to send: each row that any of the experts needs, once.
   *
   * @param hidden all rows of the layer
   */
  PeerRequest request(int layer, Phase phase, Rows hidden) {
    int[] sent =
        asks.stream()
            .flatMapToInt(ask -> Arrays.stream(ask.rows().rows()))
            .sorted()
            .distinct()
            .toArray();
    List<Slice> slices = asks.stream().map(ask -> slice(ask.rows(), sent)).toList();
    return new PeerRequest(layer, tile(phase), hidden.select(sent), slices);
  }

  private static Slice slice(ExpertRows expert, int[] sent) {
    return new Slice(
        expert.expert(),
        Arrays.stream(expert.rows()).map(row -> Arrays.binarySearch(sent, row)).toArray());
  }

  private static Tile tile(Phase phase) {
    return switch (phase) {
      case DECODE -> Tile.DECODE;
      case PREFILL -> Tile.PREFILL;
    };
  }
}
