package io.ennead.router.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.node.Tracing;
import io.ennead.router.dispatch.RemoteExpertLayer.Patience;
import io.ennead.router.moe.CallScope;
import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.router.moe.Routing;
import io.ennead.router.moe.RoutingObserver;
import io.ennead.router.placement.Placement;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LayerSpansTest {
  private static final int EXPERTS = 4;
  private static final Duration BUDGET = Duration.ofMillis(300);

  private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
  private final Tracing tracing = Tracing.with(SimpleSpanProcessor.create(exporter), 1, "router");
  private final ScriptedPeer a = new ScriptedPeer(1);
  private final ScriptedPeer b = new ScriptedPeer(2);

  @AfterEach
  void close() {
    tracing.close();
  }

  private void run(Tracing by) {
    Placement placement = new Placement(List.of(0), EXPERTS, ScriptedPeer.holders(EXPERTS, a, b));
    RemoteExpertLayer layer =
        new RemoteExpertLayer(
            () -> placement,
            1,
            new Patience(BUDGET, BUDGET),
            new DispatchMetrics(new PrometheusRegistry(), EXPERTS, Optional.empty()),
            new ExpertRowCounts(List.of(0), EXPERTS),
            NodeEvents.NOBODY,
            by);
    Routing routing = new Routing(1, 1, new int[] {2}, new float[] {1});
    float[] hidden = {3};
    assertThat(
            layer
                .forward(
                    0, Phase.DECODE, hidden, routing, CallScope.unbounded(), RoutingObserver.NONE)
                .failures())
        .isEmpty();
  }

  private SpanData layerBelowAStep() {
    Span step = tracing.tracer().spanBuilder("step").startSpan();
    try (Scope unused = step.makeCurrent()) {
      run(tracing);
    } finally {
      step.end();
    }
    SpanData layer = exporter.getFinishedSpanItems().get(0);
    assertThat(layer.getParentSpanId()).isEqualTo(step.getSpanContext().getSpanId());
    return layer;
  }

  @Test
  void aLayerIsASpanBelowItsStep() {
    SpanData layer = layerBelowAStep();
    assertThat(layer.getName()).isEqualTo("layer 0");
    assertThat(layer.getEvents()).isEmpty();
  }

  @Test
  void aFailoverIsAnEventOfIt() {
    a.hang(true);
    b.hang(false);
    EventData event = layerBelowAStep().getEvents().get(0);
    assertThat(event.getName()).isEqualTo("failover");
    assertThat(event.getAttributes().asMap().values()).containsExactly("peer:1", "LATE");
  }

  @Test
  void whatNobodyTracesMakesNoSpan() {
    run(tracing); // on, and outside of a request that is traced
    run(Tracing.OFF);
    assertThat(exporter.getFinishedSpanItems()).isEmpty();
  }
}
