package io.ennead.router.generate;

import io.ennead.errors.ServingException;
import io.ennead.node.Tracing;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import java.util.List;
import java.util.Locale;

/**
 * The span of one continuation from its arrival to its end, below that of its call, with the names
 * of OpenTelemetry's conventions for generative models. Never a text. Begun by the thread that
 * submits, ended by the generation loop's.
 */
final class RequestSpan {
  private static final String OPERATION = "text_completion";

  private final Span span;

  private RequestSpan(Span span) {
    this.span = span;
  }

  /** Of what is asked for on this thread; a span that records nothing where that is not traced. */
  static RequestSpan begin(Tracing tracing, GenerationRequest request, int index, String model) {
    if (!tracing.recording()) {
      return new RequestSpan(Span.getInvalid());
    }
    Span span =
        tracing
            .tracer()
            .spanBuilder(OPERATION + " " + model)
            .setAttribute("gen_ai.operation.name", OPERATION)
            .setAttribute("gen_ai.provider.name", "ennead")
            .setAttribute("gen_ai.request.model", model)
            .setAttribute("gen_ai.request.max_tokens", request.stopping().maxTokens())
            .setAttribute("gen_ai.request.choice.count", request.continuations())
            .setAttribute("gen_ai.request.seed", request.seed() + index)
            .setAttribute("gen_ai.response.id", request.responseId())
            .setAttribute("gen_ai.usage.input_tokens", request.prompt().length)
            .startSpan();
    return new RequestSpan(span);
  }

  Span span() {
    return span;
  }

  /** It has its place in the batch. */
  void admitted() {
    span.addEvent("admitted");
  }

  void firstToken() {
    span.addEvent("first token");
  }

  void finished(FinishInfo info) {
    if (span.isRecording()) {
      String reason = info.reason().name().toLowerCase(Locale.ROOT);
      span.setAttribute(
          AttributeKey.stringArrayKey("gen_ai.response.finish_reasons"), List.of(reason));
      span.setAttribute("gen_ai.usage.output_tokens", info.generatedTokens());
      span.setAttribute("ennead.degraded_tokens", info.degraded().tokens());
    }
    span.end();
  }

  void failed(ServingException failure) {
    span.setAttribute("error.type", GenerationMetrics.label(failure.reason()));
    span.setStatus(StatusCode.ERROR);
    span.end();
  }
}
