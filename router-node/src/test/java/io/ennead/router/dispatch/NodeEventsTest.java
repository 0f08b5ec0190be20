package io.ennead.router.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ennead.node.Tracing;
import io.ennead.router.dispatch.RemoteExpertLayer.Patience;
import io.ennead.router.moe.CallScope;
import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.router.moe.Routing;
import io.ennead.router.moe.RoutingObserver;
import io.ennead.router.peer.ExpertPeer;
import io.ennead.router.placement.Placement;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is told of a node that hangs, and of what it has to do. */
@Timeout(60)
class NodeEventsTest implements NodeEvents {
  private static final Duration BUDGET = Duration.ofMillis(300);

  private final List<String> told = new CopyOnWriteArrayList<>();
  private final ScriptedPeer a = new ScriptedPeer(1);
  private final ScriptedPeer b = new ScriptedPeer(2);

  private RemoteExpertLayer layer(ExpertPeer... peers) {
    Placement placement = new Placement(List.of(0), 1, ScriptedPeer.holders(1, peers));
    return new RemoteExpertLayer(
        () -> placement,
        1,
        new Patience(BUDGET, BUDGET),
        new DispatchMetrics(new PrometheusRegistry(), 1, Optional.empty()),
        new ExpertRowCounts(List.of(0), 1),
        this,
        Tracing.OFF);
  }

  private static void run(RemoteExpertLayer layer) {
    Routing routing = new Routing(1, 1, new int[] {0}, new float[] {1});
    var rows =
        layer.forward(
            0, Phase.DECODE, new float[] {1}, routing, CallScope.unbounded(), RoutingObserver.NONE);
    assertThat(rows.failures()).isEmpty();
  }

  @Override
  public void failedOver(ExpertPeer from, String reason) {
    told.add("failover %s %s".formatted(from.address(), reason));
  }

  @Override
  public void hedged(ExpertPeer slow) {
    told.add("hedge " + slow.address());
  }

  @Override
  public void opened(ExpertPeer node, String why) {
    told.add("opened " + node.address());
  }

  @Override
  public void closed(ExpertPeer node) {
    told.add("closed " + node.address());
  }

  @Test
  void aNodeThatHangsAndComesBackIsToldOf() {
    RemoteExpertLayer layer = layer(a, b);
    a.hang(true);
    run(layer);
    assertThat(told).containsExactly("opened peer:1", "failover peer:1 LATE");
    assertThat(layer.load(a).open()).isTrue();

    a.hang(false);
    a.sayHello();
    await()
        .until(
            () -> {
              run(layer); // again where the probe was hedged, and lost
              return told.contains("closed peer:1");
            });
    assertThat(layer.load(a).open()).isFalse();
    assertThat(layer.load(a).rows()).isGreaterThanOrEqualTo(2);
    assertThat(layer.load(b).rows()).isPositive();
  }

  @Test
  void callsThatAreNotAnsweredAreInFlight() {
    RemoteExpertLayer layer = layer(a, b);
    a.hang(true);
    CompletableFuture<Void> call = CompletableFuture.runAsync(() -> run(layer));
    await().until(() -> layer.load(a).inFlight() == 1);
    call.join();
    await().until(() -> layer.load(a).inFlight() == 0 && layer.load(b).inFlight() == 0);
  }
}
