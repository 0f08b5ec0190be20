package io.ennead.router.dispatch;

import io.ennead.errors.ServingException;
import io.ennead.router.dispatch.Ask.Cause;
import io.ennead.router.dispatch.Ask.Failure;
import io.ennead.router.dispatch.NodeCall.Reason;
import io.ennead.router.dispatch.Replicas.Choice;
import io.ennead.router.dispatch.Replies.Reply;
import io.ennead.router.moe.CallScope;
import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.router.moe.ExpertRows;
import io.ennead.router.peer.ExpertPeer;
import io.ennead.router.peer.PeerException;
import io.ennead.router.peer.PeerReply;
import io.ennead.router.placement.Placement;
import io.ennead.wire.Rows;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Gets the outputs of one layer's experts, from whichever nodes: everything is sent at once; what
 * is slow is asked for elsewhere too, what fails or outlives its budget is asked for elsewhere, and
 * the first answer counts. Runs on its caller's thread, which alone decides; answers and
 * cancellation come from others.
 */
final class LayerCall {
  private static final long LONGEST_WAIT = Duration.ofHours(1).toNanos();

  private final Nodes nodes;
  private final int layer;
  private final Phase phase;
  private final Rows hidden;
  private final CallScope scope;
  private final Gathered gathered;
  private final Replies replies = new Replies();
  private final InFlight inFlight = new InFlight();
  private final List<NodeCall> calls = new ArrayList<>();
  private final List<Ask> asks = new ArrayList<>();
  private int hedges;
  private int hedgesWon;
  private long barrierWait;

  LayerCall(Nodes nodes, int layer, Phase phase, Rows hidden, CallScope scope, Gathered gathered) {
    this.nodes = nodes;
    this.layer = layer;
    this.phase = phase;
    this.hidden = hidden;
    this.scope = scope;
    this.gathered = gathered;
  }

  /**
   * Returns when each expert's output is gathered or has failed.
   *
   * @param meanwhile runs when all are asked, before any answer is awaited; who is late or fails is
   *     seen after it
   */
  void run(List<ExpertRows> experts, Runnable meanwhile) {
    experts.forEach(rows -> asks.add(new Ask(rows)));
    scope.onCancel(this::cancel);
    try {
      send(asks, Reason.FIRST);
      look(System.nanoTime()); // probes are hedged at once
      meanwhile.run();
      awaitAll();
      barrierWait = replies.spread();
      doubt(gathered.notFinite());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      open().forEach(ask -> fail(ask, ServingException.cancelled(what())));
    } finally {
      inFlight.cancel();
      nodes.hedged(hedgesWon, hedges - hedgesWon);
    }
  }

  /** Nanoseconds from the first node's answer until there was one for all. */
  long barrierWait() {
    return barrierWait;
  }

  private void cancel() {
    inFlight.cancel();
    replies.wake();
  }

  /** Another node may compute what one made NaN of; when it does not, the row fails. */
  private void doubt(Map<ExpertRows, ExpertPeer> notFinite) throws InterruptedException {
    notFinite.values().stream().distinct().forEach(nodes::gaveNonsense);
    Map<ExpertPeer, Cause> causes = new HashMap<>();
    for (Ask ask : asks) {
      ExpertPeer peer = notFinite.get(ask.rows());
      if (peer != null) {
        ask.reopen(causes.computeIfAbsent(peer, who -> new Cause(who, Nodes.NOT_FINITE)));
      }
    }
    send(open(), Reason.FAILOVER);
    awaitAll();
  }

  private void awaitAll() throws InterruptedException {
    while (!open().isEmpty()) {
      replies.await(patience()).forEach(this::settle);
      look(System.nanoTime());
      if (scopeIsOver()) {
        open().forEach(ask -> fail(ask, lastWord(ask)));
      }
      send(asks.stream().filter(Ask::forsaken).toList(), Reason.FAILOVER);
    }
  }

  private List<Ask> open() {
    return asks.stream().filter(Ask::open).toList();
  }

  private long patience() {
    long now = System.nanoTime();
    long own = calls.stream().mapToLong(call -> call.patience(now)).min().orElse(0);
    return Math.max(0, Math.min(LONGEST_WAIT, Math.min(own, scope.remainingNanos())));
  }

  private void settle(Reply reply) {
    NodeCall call = reply.call();
    calls.remove(call);
    call.lapse();
    PeerReply answer = reply.answer();
    if (answer != null) {
      take(call, answer.outputs());
    } else {
      Failure failure = failure(call, reply.failure());
      call.asks().forEach(ask -> ask.failed(failure));
    }
  }

  private void take(NodeCall call, Rows outputs) {
    int first = 0;
    hedgesWon += call.reason() == Reason.HEDGE && call.wanted() ? 1 : 0;
    for (Ask ask : call.asks()) {
      if (ask.open()) {
        gathered.add(ask.rows(), call, outputs, first);
        ask.close();
      }
      first += ask.rows().rows().length;
    }
  }

  private static Failure failure(NodeCall call, @Nullable Throwable cause) {
    if (cause instanceof PeerException failure) {
      Cause why = new Cause(call.peer(), failure.reason());
      return new Failure(failure.error(), failure.retryable(), why);
    }
    ServingException error = ServingException.engineFailure("call to an expert node", cause);
    return new Failure(error, false, new Cause(call.peer(), "INTERNAL"));
  }

  /** Looks which calls are late or slow. */
  private void look(long now) {
    for (NodeCall call : List.copyOf(calls)) {
      if (!call.wanted()) {
        calls.remove(call);
      } else if (call.isOver(now)) {
        if (anyElsewhere(call) || !nodes.extend(call, phase)) {
          giveUp(call);
        }
      } else if (call.hedgeIsDue(now)) {
        hedge(call);
      }
    }
  }

  private void giveUp(NodeCall call) {
    nodes.late(call, phase);
    call.lapse();
    String why = "no answer within %d ms".formatted(call.budget().toMillis());
    Cause cause = new Cause(call.peer(), Nodes.LATE);
    Failure late = new Failure(unreachable(call.asks(), call.peer(), why), true, cause);
    call.asks().forEach(ask -> ask.failed(late));
  }

  private void hedge(NodeCall call) {
    call.hedged();
    if (anyElsewhere(call) && (call.reason() == Reason.PROBE || nodes.mayHedge())) {
      nodes.hedging(call.peer());
      send(call.asks().stream().filter(Ask::open).toList(), Reason.HEDGE);
    }
  }

  /** Whether anything that the call is to give could be had from another node. */
  private boolean anyElsewhere(NodeCall call) {
    return call.asks().stream()
        .anyMatch(ask -> ask.open() && nodes.anyWell(ask.untried(holders(ask))));
  }

  private List<ExpertPeer> holders(Ask ask) {
    return nodes.placement().holders(layer, ask.rows().expert());
  }

  /** Sends rows to nodes that have not been asked; those whom nobody is left to ask have failed. */
  private void send(List<Ask> wanted, Reason reason) {
    Map<ExpertPeer, List<Ask>> groups = new LinkedHashMap<>();
    Set<ExpertPeer> probed = new HashSet<>();
    Placement now = nodes.placement();
    for (Ask ask : wanted) {
      Optional<Choice> choice = scopeIsOver() ? Optional.empty() : choose(now, ask, groups, probed);
      choice.ifPresentOrElse(
          chosen -> groups.computeIfAbsent(chosen.peer(), none -> new ArrayList<>()).add(ask),
          () -> nobodyFor(ask));
      choice.filter(Choice::probe).ifPresent(chosen -> probed.add(chosen.peer()));
    }
    if (reason == Reason.FAILOVER) {
      nodes.failedOver(groups.values());
    }
    groups.forEach(
        (peer, group) -> send(peer, group, probed.contains(peer) ? Reason.PROBE : reason));
  }

  private Optional<Choice> choose(
      Placement now, Ask ask, Map<ExpertPeer, List<Ask>> groups, Set<ExpertPeer> probed) {
    ToLongFunction<ExpertPeer> units =
        peer -> {
          int planned = rows(groups.getOrDefault(peer, List.of()));
          return LayerBudget.units(phase, planned + ask.rows().rows().length);
        };
    List<ExpertPeer> holders = now.holders(layer, ask.rows().expert());
    return nodes.choose(ask.untried(holders), units, probed);
  }

  private static int rows(List<Ask> asks) {
    return asks.stream().mapToInt(ask -> ask.rows().rows().length).sum();
  }

  private void nobodyFor(Ask ask) {
    if (ask.forsaken()) {
      fail(ask, lastWord(ask));
    }
  }

  private void send(ExpertPeer peer, List<Ask> group, Reason reason) {
    NodeCall call = nodes.begin(peer, group, reason, phase, LayerBudget.units(phase, rows(group)));
    calls.add(call);
    hedges += reason == Reason.HEDGE ? 1 : 0;
    replies.expect(call);
    group.forEach(ask -> ask.sent(peer));
    CompletableFuture<PeerReply> reply =
        peer.forward(call.request(layer, phase, hidden), nodes.deadline(call, phase, scope));
    // The dependent future is left alone: cancelling it would not cancel the call.
    var unused =
        reply.whenComplete(
            (answer, failure) -> {
              nodes.ended(call, phase, answer, failure);
              replies.add(new Reply(call, answer, failure));
            });
    inFlight.add(reply);
  }

  private void fail(Ask ask, ServingException error) {
    gathered.fail(ask.rows(), error);
    ask.close();
  }

  private ServingException lastWord(Ask ask) {
    if (scopeIsOver()) {
      return scope.cancelled()
          ? ServingException.cancelled(what())
          : ServingException.deadlineExceeded(what());
    }
    Failure last = ask.lastFailure();
    return last != null ? last.error() : unreachable(ask);
  }

  private ServingException unreachable(Ask ask) {
    List<ExpertPeer> holders = holders(ask);
    return holders.isEmpty()
        ? ServingException.expertUnreachable(
            layer, experts(List.of(ask)), "any node", "no ready node holds it", null)
        : unreachable(List.of(ask), holders.get(0), "does not answer; is asked again when it does");
  }

  private ServingException unreachable(List<Ask> group, ExpertPeer peer, String why) {
    return ServingException.expertUnreachable(layer, experts(group), peer.name(), why, null);
  }

  private static String experts(List<Ask> group) {
    int[] ids = group.stream().mapToInt(ask -> ask.rows().expert()).toArray();
    return Arrays.toString(ids).replaceAll("[\\[\\]]", "");
  }

  private boolean scopeIsOver() {
    return scope.cancelled() || scope.remainingNanos() <= 0;
  }

  private String what() {
    return "during the experts of layer " + layer;
  }
}
