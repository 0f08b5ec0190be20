package io.ennead.router.generate;

import io.ennead.node.Tracing;
import io.ennead.router.generate.Scheduler.Batch;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.context.Context;
import java.util.List;
import java.util.Locale;

/**
 * Spans of the steps in which traced requests take part. A step serves many: its span lies below
 * the first of these and is linked to the others. Used by the generation loop's thread.
 */
final class StepSpans {
  private final Tracing tracing;

  StepSpans(Tracing tracing) {
    this.tracing = tracing;
  }

  /** Begins a step's span; one that records nothing where no request of it is traced. */
  Span begin(Batch batch) {
    if (!tracing.on()) {
      return Span.getInvalid();
    }
    List<Span> requests =
        batch.sequences().stream()
            .map(sequence -> sequence.task().span())
            .filter(Span::isRecording)
            .distinct()
            .toList();
    return requests.isEmpty() ? Span.getInvalid() : begin(batch, requests);
  }

  private Span begin(Batch batch, List<Span> requests) {
    String phase = batch.step().phase().name().toLowerCase(Locale.ROOT);
    SpanBuilder builder =
        tracing
            .tracer()
            .spanBuilder("step " + phase)
            .setParent(Context.root().with(requests.get(0)))
            .setAttribute("ennead.step.rows", batch.step().rows())
            .setAttribute("ennead.step.sequences", batch.sequences().size());
    requests.stream().skip(1).forEach(other -> builder.addLink(other.getSpanContext()));
    return builder.startSpan();
  }
}
