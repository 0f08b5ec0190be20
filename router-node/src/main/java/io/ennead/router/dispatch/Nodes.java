package io.ennead.router.dispatch;

import io.ennead.router.dispatch.Ask.Cause;
import io.ennead.router.dispatch.NodeCall.Reason;
import io.ennead.router.dispatch.Replicas.Choice;
import io.ennead.router.moe.CallScope;
import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.router.peer.ExpertPeer;
import io.ennead.router.peer.PeerException;
import io.ennead.router.peer.PeerReply;
import io.ennead.router.placement.Placement;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is known of the expert nodes from the calls to them: how long calls take, what each node has
 * to do, whether it does it. Outlives the calls of a layer and is shared by them. Thread-safe.
 */
final class Nodes {
  private static final Logger logger = LoggerFactory.getLogger(Nodes.class);

  /** Why a call failed that did not end with an error. */
  static final String LATE = "LATE";

  static final String NOT_FINITE = "NOT_FINITE";

  /** Calls are ended by their layer; this bounds them should that fail to. */
  private static final int DEADLINE_IN_BUDGETS = 4;

  private static final AttributeKey<String> PEER = AttributeKey.stringKey("ennead.peer");
  private static final AttributeKey<String> REASON = AttributeKey.stringKey("ennead.reason");

  private final Supplier<Placement> placement;
  private final LayerBudget budget;
  private final DispatchMetrics metrics;
  private final NodeEvents events;
  private final Replicas replicas = new Replicas();
  private final HedgeBudget hedges = new HedgeBudget();

  Nodes(
      Supplier<Placement> placement,
      LayerBudget budget,
      DispatchMetrics metrics,
      NodeEvents events) {
    this.events = events;
    this.placement = placement;
    this.budget = budget;
    this.metrics = metrics;
  }

  Placement placement() {
    return placement.get();
  }

  Optional<Choice> choose(
      List<ExpertPeer> holders, ToLongFunction<ExpertPeer> units, Set<ExpertPeer> probed) {
    return replicas.choose(holders, units, probed);
  }

  /** Whether one of these nodes could be asked. */
  boolean anyWell(List<ExpertPeer> peers) {
    return replicas.anyWell(peers);
  }

  boolean mayHedge() {
    return hedges.spend();
  }

  /** A node is slow, and another one is asked as well. */
  void hedging(ExpertPeer slow) {
    events.hedged(slow);
  }

  /** What a node has to do now. */
  NodeLoad load(ExpertPeer peer) {
    PeerLoad load = replicas.load(peer);
    return new NodeLoad(load.inFlight(), metrics.rows(peer), !load.breaker().closed());
  }

  /** A call that is about to be sent. */
  NodeCall begin(ExpertPeer peer, List<Ask> asks, Reason reason, Phase phase, int units) {
    metrics.sent(peer, phase, reason, rows(asks));
    hedges.earn();
    replicas.load(peer).sent(units);
    long hedge = reason == Reason.PROBE ? 0 : budget.hedgeNanos(phase, units);
    return new NodeCall(peer, asks, reason, units, budget.nanos(phase, units), hedge);
  }

  private static int rows(List<Ask> asks) {
    return asks.stream().mapToInt(ask -> ask.rows().rows().length).sum();
  }

  /**
   * Work is asked of other nodes than those that were to do it: counted once for every call that
   * failed, however many experts it was for.
   */
  void failedOver(Collection<List<Ask>> groups) {
    Set<Cause> causes = Collections.newSetFromMap(new IdentityHashMap<>());
    for (List<Ask> group : groups) {
      for (Ask ask : group) {
        Cause cause = ask.cause();
        if (cause != null && causes.add(cause)) {
          metrics.failedOver(cause);
          events.failedOver(cause.peer(), cause.reason());
          Span.current().addEvent("failover", attributes(cause));
        }
      }
    }
  }

  private static Attributes attributes(Cause cause) {
    return Attributes.of(PEER, cause.peer().address().toString(), REASON, cause.reason());
  }

  /** The hedges of a layer have come to their end. */
  void hedged(int won, int lost) {
    metrics.hedged(won, lost);
  }

  Duration deadline(NodeCall call, Phase phase, CallScope scope) {
    long most = DEADLINE_IN_BUDGETS * budget.lastResortNanos(phase, call.units());
    return Duration.ofNanos(Math.max(1, Math.min(most, scope.remainingNanos())));
  }

  /** Gives a call that nobody else can be asked for the longest time; false when it has had it. */
  boolean extend(NodeCall call, Phase phase) {
    return call.extend(budget.lastResortNanos(phase, call.units()));
  }

  /** A call has outlived its budget. */
  void late(NodeCall call, Phase phase) {
    // No more than it had: when that is seen may be later.
    long took = Math.min(call.elapsed(), call.budget().toNanos());
    budget.took(phase, call.units(), took);
    metrics.failed(call.peer(), took, LATE);
    if (replicas.load(call.peer()).breaker().late(System.nanoTime())) {
      opened(call.peer(), "no answer within %d ms".formatted(call.budget().toMillis()));
    }
  }

  /** What a node computed is not finite. */
  void gaveNonsense(ExpertPeer peer) {
    metrics.failed(peer, 0, NOT_FINITE);
    failure(peer, "NaN or infinity in its outputs");
  }

  /** A call has ended; on whichever thread. */
  void ended(NodeCall call, Phase phase, @Nullable PeerReply answer, @Nullable Throwable failure) {
    PeerLoad load = replicas.load(call.peer());
    load.ended(call.units());
    if (answer != null) {
      answered(call, phase, answer, load);
    } else if (failure instanceof PeerException e) {
      metrics.failed(call.peer(), call.elapsed(), e.reason());
      failed(call, e, load);
    } else {
      load.tookMoreThan(call.units(), call.elapsed());
      unsettled(call, load);
    }
  }

  private void answered(NodeCall call, Phase phase, PeerReply answer, PeerLoad load) {
    long nanos = call.elapsed();
    metrics.answered(call.peer(), nanos, answer.requestBytes(), answer.replyBytes());
    budget.took(phase, call.units(), nanos);
    load.took(call.units(), nanos);
    if (load.breaker().success()) {
      logger.info("expert node {} answers again", call.peer().address());
      metrics.breaker(call.peer(), false);
      events.closed(call.peer());
    }
  }

  private void failed(NodeCall call, PeerException failure, PeerLoad load) {
    if (failure.blamesNode()) {
      failure(call.peer(), failure.reason());
    } else {
      unsettled(call, load);
    }
  }

  private static void unsettled(NodeCall call, PeerLoad load) {
    if (call.reason() == Reason.PROBE) {
      load.breaker().unsettled();
    }
  }

  private void failure(ExpertPeer peer, String why) {
    if (replicas.load(peer).breaker().failure(System.nanoTime())) {
      opened(peer, why);
    }
  }

  private void opened(ExpertPeer peer, String why) {
    logger.warn("expert node {} gets no calls until it is heard from: {}", peer.address(), why);
    metrics.breaker(peer, true);
    events.opened(peer, why);
  }
}
