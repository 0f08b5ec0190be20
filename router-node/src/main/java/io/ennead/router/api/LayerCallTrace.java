package io.ennead.router.api;

import io.ennead.router.moe.Gate;
import io.ennead.router.moe.RoutingObserver;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.trace.SpanTrace;
import io.ennead.router.trace.StepTrace;
import io.ennead.router.trace.TraceLevel;
import io.ennead.router.trace.TraceOptions;
import io.ennead.router.trace.TraceRecorder;
import java.util.List;
import java.util.Optional;

/** The trace of one call of one layer. Used by one thread. */
final class LayerCallTrace {
  private final TraceRecorder recorder;
  private final Optional<SpanTrace> span;
  private final RoutingObserver observer;

  LayerCallTrace(TraceOptions options, Gate gate, RoutingOptions routing, int rows) {
    this.recorder = new TraceRecorder(options, gate, routing, 0);
    this.span =
        options.level() == TraceLevel.NONE
            ? Optional.empty()
            : Optional.of(recorder.begin(0, rows));
    this.observer =
        span.isEmpty() ? RoutingObserver.NONE : new StepTrace(List.of(span), new int[] {rows});
  }

  RoutingObserver observer() {
    return observer;
  }

  /** What was recorded, sums included; empty when nothing was asked for. */
  Optional<io.ennead.v1.RoutingTrace> message() {
    return span.map(
        recorded -> {
          io.ennead.v1.RoutingTrace.Builder message =
              recorder
                  .take(recorded)
                  .map(TraceMessages::trace)
                  .map(io.ennead.v1.RoutingTrace::toBuilder)
                  .orElseGet(io.ennead.v1.RoutingTrace::newBuilder);
          return message.mergeFrom(TraceMessages.summary(recorder.summary())).build();
        });
  }
}
