package io.ennead.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TracingTest {
  private final List<String> ended = new ArrayList<>();

  /** Keeps the names of the spans that were sampled. */
  private final SpanProcessor names =
      new SpanProcessor() {
        @Override
        public void onStart(io.opentelemetry.context.Context parent, ReadWriteSpan span) {}

        @Override
        public boolean isStartRequired() {
          return false;
        }

        @Override
        public void onEnd(ReadableSpan span) {
          ended.add(span.getName());
        }

        @Override
        public boolean isEndRequired() {
          return true;
        }
      };

  private static void span(Tracing tracing, String name) {
    tracing.tracer().spanBuilder(name).startSpan().end();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Sent.ennead.v1.ExpertService.DescribeNode",
        "Recv.ennead.v1.ExpertService.DescribeNode",
        "Recv.grpc.health.v1.Health.Check",
        "Recv.grpc.reflection.v1.ServerReflection.ServerReflectionInfo"
      })
  void whatIsAskedAgainAndAgainIsNoTrace(String name) {
    try (Tracing tracing = Tracing.with(names, 1, "node")) {
      span(tracing, name);
      span(tracing, "Recv.ennead.v1.InferenceService.Generate");
    }
    assertThat(ended).containsExactly("Recv.ennead.v1.InferenceService.Generate");
  }

  @Test
  void aShareIsTracedAndWhatLiesBelowFollows() {
    try (Tracing tracing = Tracing.with(names, 0.25, "node")) {
      for (int i = 0; i < 4000; i++) {
        Span request = tracing.tracer().spanBuilder("request").startSpan();
        try (Scope unused = request.makeCurrent()) {
          assertThat(tracing.recording()).isEqualTo(request.isRecording());
          span(tracing, "step");
        }
        request.end();
      }
    }
    long requests = ended.stream().filter("request"::equals).count();
    assertThat(requests).isBetween(800L, 1200L); // 7 standard deviations
    assertThat(ended).hasSize((int) (2 * requests));
  }

  @Test
  void offThereIsNothing() {
    assertThat(Tracing.OFF.on()).isFalse();
    assertThat(Tracing.open(TelemetryConfig.DEFAULT, "node")).isSameAs(Tracing.OFF);
    assertThat(Tracing.OFF.tracer().spanBuilder("x").startSpan().isRecording()).isFalse();
  }

  @Test
  void settingsThatCannotBeAreRefused() {
    assertThatThrownBy(() -> new TelemetryConfig(TelemetryConfig.LogFormat.AUTO, "", 1.5))
        .hasMessage("trace-ratio: 1.5 (expected: 0 to 1)");
    assertThatThrownBy(
            () -> new TelemetryConfig(TelemetryConfig.LogFormat.AUTO, "localhost:4318", 1))
        .hasMessage("otlp-endpoint: localhost:4318 (expected: http://host:port)");
  }
}
