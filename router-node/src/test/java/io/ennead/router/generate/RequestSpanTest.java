package io.ennead.router.generate;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.errors.ServingException;
import io.ennead.node.Tracing;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.sample.SamplingOptions;
import io.ennead.router.trace.TraceOptions;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RequestSpanTest {
  private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
  private final Tracing tracing = Tracing.with(SimpleSpanProcessor.create(exporter), 1, "router");

  @AfterEach
  void close() {
    tracing.close();
  }

  private static GenerationRequest request() {
    return new GenerationRequest(
        "r-1",
        new int[] {0, 5, 6},
        SamplingOptions.DEFAULT,
        40,
        new StoppingOptions(7, List.of(), false, 0),
        RoutingOptions.DEFAULT,
        OptionalInt.empty(),
        TraceOptions.NONE,
        2,
        Long.MAX_VALUE);
  }

  private RequestSpan begin() {
    Span call = tracing.tracer().spanBuilder("call").startSpan();
    try (Scope unused = call.makeCurrent()) {
      return RequestSpan.begin(tracing, request(), 1, "demo");
    } finally {
      call.end();
    }
  }

  private SpanData last() {
    List<SpanData> spans = exporter.getFinishedSpanItems();
    return spans.get(spans.size() - 1);
  }

  @Test
  void itTellsWhatWasAskedAndHowItEndedByTheConventionsNames() {
    RequestSpan span = begin();
    span.admitted();
    span.firstToken();
    Duration time = Duration.ofMillis(1);
    span.finished(
        new FinishInfo(
            1,
            FinishInfo.Reason.STOP,
            "",
            3,
            0,
            4,
            41,
            0,
            List.of(),
            time,
            time,
            time,
            Degraded.NONE));
    SpanData data = last();
    assertThat(data.getName()).isEqualTo("text_completion demo");
    assertThat(data.getEvents()).extracting("name").containsExactly("admitted", "first token");
    assertThat(data.getAttributes().get(AttributeKey.stringKey("gen_ai.response.id")))
        .isEqualTo("r-1");
    assertThat(data.getAttributes().get(AttributeKey.longKey("gen_ai.request.seed"))).isEqualTo(41);
    assertThat(data.getAttributes().get(AttributeKey.longKey("gen_ai.usage.input_tokens")))
        .isEqualTo(3);
    assertThat(data.getAttributes().get(AttributeKey.longKey("gen_ai.usage.output_tokens")))
        .isEqualTo(4);
    assertThat(
            data.getAttributes().get(AttributeKey.stringArrayKey("gen_ai.response.finish_reasons")))
        .containsExactly("stop");
    Set<String> ours =
        data.getAttributes().asMap().keySet().stream()
            .map(AttributeKey::getKey)
            .filter(key -> !key.startsWith("gen_ai."))
            .collect(Collectors.toSet());
    assertThat(ours).containsExactly("ennead.degraded_tokens");
  }

  @Test
  void aFailureIsAnErrorWithItsReason() {
    begin().failed(ServingException.draining());
    assertThat(last().getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
    assertThat(last().getAttributes().get(AttributeKey.stringKey("error.type")))
        .isEqualTo("NODE_DRAINING");
  }

  @Test
  void withoutATracedCallThereIsNone() {
    RequestSpan.begin(tracing, request(), 0, "demo").failed(ServingException.draining());
    RequestSpan.begin(Tracing.OFF, request(), 0, "demo").failed(ServingException.draining());
    assertThat(exporter.getFinishedSpanItems()).isEmpty();
  }
}
