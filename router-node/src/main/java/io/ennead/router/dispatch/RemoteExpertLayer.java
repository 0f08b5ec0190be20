package io.ennead.router.dispatch;

import io.ennead.errors.ServingException;
import io.ennead.router.moe.CallScope;
import io.ennead.router.moe.CombinedRows;
import io.ennead.router.moe.ExpertLayer;
import io.ennead.router.moe.ExpertRows;
import io.ennead.router.moe.Routing;
import io.ennead.router.moe.RoutingObserver;
import io.ennead.router.peer.ExpertPeer;
import io.ennead.router.peer.PeerException;
import io.ennead.router.peer.PeerReply;
import io.ennead.router.placement.Placement;
import io.ennead.router.placement.ReplicaChoice;
import io.ennead.wire.Rows;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * {@link ExpertLayer} over expert nodes. Rows are grouped by node from the current placement, one
 * call per node is sent before any reply is awaited, and outputs are combined on the caller's
 * thread in ascending expert id; so the bits do not depend on which node holds what.
 *
 * <p>Experts whose call failed are asked for once more from other nodes that hold them, if there
 * are any and time allows. What still fails is told per row; the other rows are right.
 */
public final class RemoteExpertLayer implements ExpertLayer {
  // Peers end calls at their deadline; this bounds the wait should one fail to.
  private static final Duration MARGIN = Duration.ofSeconds(2);

  private final Supplier<Placement> placement;
  private final ReplicaChoice choice;
  private final int width;
  private final Duration budget;
  private final DispatchMetrics metrics;

  /**
   * Dispatches to the nodes of a placement.
   *
   * @param placement the latest snapshot, whenever asked
   * @param width hidden size
   * @param budget how long a node may take for one layer
   */
  public RemoteExpertLayer(
      Supplier<Placement> placement,
      ReplicaChoice choice,
      int width,
      Duration budget,
      DispatchMetrics metrics) {
    this.placement = placement;
    this.choice = choice;
    this.width = width;
    this.budget = budget;
    this.metrics = metrics;
  }

  @Override
  public CombinedRows forward(
      int layer,
      Phase phase,
      float[] hidden,
      Routing routing,
      CallScope scope,
      RoutingObserver observer) {
    if (hidden.length != routing.rows() * width) {
      throw new IllegalArgumentException(
          "hidden: %d values (expected: %d rows x %d)"
              .formatted(hidden.length, routing.rows(), width));
    }
    List<ExpertRows> experts = ExpertRows.of(routing);
    metrics.dispatched(experts);
    Gathered gathered = new Gathered(routing, width);
    new LayerCall(layer, phase, Rows.of(hidden, width), scope, gathered).run(experts);
    return gathered.combine(layer, observer);
  }

  /** Why an expert gave nothing, and who was asked. */
  private record Failure(ExpertPeer peer, ServingException error, boolean retryable) {}

  /** Rows of one expert that want its output, and what went wrong so far. */
  private record Ask(ExpertRows rows, @Nullable Failure previous) {}

  /** One call of the layer, on its caller's thread; only cancellation comes from others. */
  private final class LayerCall {
    private final int layer;
    private final Phase phase;
    private final Rows hidden;
    private final CallScope scope;
    private final Gathered gathered;
    private final InFlight inFlight = new InFlight();

    LayerCall(int layer, Phase phase, Rows hidden, CallScope scope, Gathered gathered) {
      this.layer = layer;
      this.phase = phase;
      this.hidden = hidden;
      this.scope = scope;
      this.gathered = gathered;
    }

    void run(List<ExpertRows> experts) {
      scope.onCancel(inFlight::cancel);
      try {
        List<Ask> first = experts.stream().map(rows -> new Ask(rows, null)).toList();
        attempt(attempt(first)).forEach(ask -> gathered.fail(ask.rows(), lastWord(ask)));
      } finally {
        inFlight.cancel();
      }
    }

    /** Sends everything, then awaits everything; gives back what failed. */
    private List<Ask> attempt(List<Ask> asks) {
      List<NodeCall> calls = new ArrayList<>();
      boolean retry = asks.stream().anyMatch(ask -> ask.previous() != null); // all or none of them
      assign(asks).forEach((peer, group) -> calls.add(send(peer, group, retry)));
      List<Ask> failed = new ArrayList<>();
      for (NodeCall call : calls) {
        await(call)
            .ifPresent(
                failure -> call.experts().forEach(rows -> failed.add(new Ask(rows, failure))));
      }
      return failed;
    }

    /** Experts by node; those that no node can be asked for have failed. */
    private Map<ExpertPeer, List<ExpertRows>> assign(List<Ask> asks) {
      Placement now = placement.get();
      Map<ExpertPeer, List<ExpertRows>> byNode = new LinkedHashMap<>();
      for (Ask ask : asks) {
        node(now, ask)
            .ifPresentOrElse(
                peer -> byNode.computeIfAbsent(peer, none -> new ArrayList<>()).add(ask.rows()),
                () -> gathered.fail(ask.rows(), lastWord(ask)));
      }
      return byNode;
    }

    private Optional<ExpertPeer> node(Placement now, Ask ask) {
      List<ExpertPeer> holders = now.holders(layer, ask.rows().expert());
      Failure previous = ask.previous();
      if (scopeIsOver() || (previous != null && !previous.retryable())) {
        return Optional.empty();
      }
      return choice.choose(
          previous == null
              ? holders
              : holders.stream().filter(peer -> peer != previous.peer()).toList());
    }

    private ServingException lastWord(Ask ask) {
      Failure previous = ask.previous();
      if (previous != null) {
        return previous.error();
      }
      if (scopeIsOver()) {
        return scopeError();
      }
      return ServingException.expertUnreachable(
          layer, Integer.toString(ask.rows().expert()), "any node", "no ready node holds it", null);
    }

    private NodeCall send(ExpertPeer peer, List<ExpertRows> experts, boolean retry) {
      long left = scope.remainingNanos();
      boolean boundByScope = left < budget.toNanos();
      Duration deadline = boundByScope ? Duration.ofNanos(Math.max(left, 1)) : budget;
      long start = System.nanoTime();
      metrics.sent(phase);
      CompletableFuture<PeerReply> reply =
          peer.forward(NodeCall.request(layer, phase, hidden, experts), deadline);
      // The dependent future is left alone: cancelling it would not cancel the call.
      var unused = reply.whenComplete((answer, failure) -> measure(peer, start, answer, failure));
      inFlight.add(reply);
      return new NodeCall(peer, experts, retry, boundByScope, deadline, start, reply);
    }

    private void measure(
        ExpertPeer peer, long start, @Nullable PeerReply answer, @Nullable Throwable failure) {
      long nanos = System.nanoTime() - start;
      if (answer != null) {
        metrics.answered(peer, nanos, answer.requestBytes(), answer.replyBytes());
      } else if (failure instanceof PeerException e) {
        metrics.failed(peer, nanos, e.reason());
      }
    }

    private Optional<Failure> await(NodeCall call) {
      try {
        long left = call.nanosLeft(MARGIN);
        gathered.add(call, call.reply().get(left, TimeUnit.NANOSECONDS).outputs());
        return Optional.empty();
      } catch (CancellationException e) {
        return Optional.of(cancelled(call));
      } catch (InterruptedException e) {
        inFlight.cancel();
        Thread.currentThread().interrupt();
        return Optional.of(cancelled(call));
      } catch (ExecutionException e) {
        return Optional.of(failure(call, e.getCause()));
      } catch (TimeoutException e) {
        call.reply().cancel(true);
        return Optional.of(unended(call));
      }
    }

    private Failure unended(NodeCall call) {
      ServingException error =
          ServingException.engineFailure(
              "call to expert node %s: not ended %d ms after its deadline of %d ms"
                  .formatted(call.peer().address(), MARGIN.toMillis(), call.deadline().toMillis()),
              null);
      return new Failure(call.peer(), scopeIsOver() ? scopeError() : error, false);
    }

    private Failure failure(NodeCall call, @Nullable Throwable cause) {
      if (!(cause instanceof PeerException failure)) {
        return new Failure(
            call.peer(), ServingException.engineFailure("call to an expert node", cause), false);
      }
      boolean outOfTime = call.boundByScope() && failure.outOfTime();
      if (outOfTime || scopeIsOver()) {
        return new Failure(call.peer(), scopeError(), false);
      }
      return new Failure(call.peer(), failure.error(), failure.retryable());
    }

    private Failure cancelled(NodeCall call) {
      return new Failure(call.peer(), ServingException.cancelled(what()), false);
    }

    private boolean scopeIsOver() {
      return scope.cancelled() || scope.remainingNanos() <= 0;
    }

    private ServingException scopeError() {
      return scope.cancelled()
          ? ServingException.cancelled(what())
          : ServingException.deadlineExceeded(what());
    }

    private String what() {
      return "during the experts of layer " + layer;
    }
  }
}
