package io.ennead.node;

import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.opentelemetry.GrpcOpenTelemetry;
import io.grpc.opentelemetry.InternalGrpcOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.time.Duration;
import java.util.Optional;

/**
 * Spans of a process, with W3C's {@code traceparent} between processes; {@link #OFF} makes none and
 * puts nothing into servers and channels. What begins without a caller's decision is traced for a
 * share of the cases; what a traced caller asks for is traced. Spans go out in batches; more than
 * {@value #MAX_QUEUED} that wait are dropped. Thread-safe.
 */
public final class Tracing implements AutoCloseable {
  /** No spans at all. */
  public static final Tracing OFF = new Tracing(OpenTelemetry.noop(), Optional.empty(), () -> {});

  private static final int MAX_QUEUED = 8192;
  private static final Duration DELAY = Duration.ofSeconds(1);
  private static final String SCOPE = "io.ennead";

  private final Tracer tracer;
  private final Optional<GrpcOpenTelemetry> grpc;
  private final Runnable onClose;

  private Tracing(OpenTelemetry telemetry, Optional<GrpcOpenTelemetry> grpc, Runnable onClose) {
    this.tracer = telemetry.getTracer(SCOPE);
    this.grpc = grpc;
    this.onClose = onClose;
  }

  /**
   * As configured.
   *
   * @param service "ennead-router" or another name of what the process is
   */
  public static Tracing open(TelemetryConfig config, String service) {
    return config
        .traces()
        .map(
            url ->
                with(
                    BatchSpanProcessor.builder(
                            OtlpHttpSpanExporter.builder().setEndpoint(url.toString()).build())
                        .setScheduleDelay(DELAY)
                        .setMaxQueueSize(MAX_QUEUED)
                        .build(),
                    config.traceRatio(),
                    service))
        .orElse(OFF);
  }

  /**
   * Spans for a processor, which is closed with this.
   *
   * @param ratio share of what begins without a caller's decision, 0 to 1
   */
  public static Tracing with(SpanProcessor processor, double ratio, String service) {
    OpenTelemetrySdk sdk =
        OpenTelemetrySdk.builder()
            .setTracerProvider(
                SdkTracerProvider.builder()
                    .addSpanProcessor(processor)
                    .setSampler(Sampler.parentBased(new RequestSampler(ratio)))
                    .setResource(resource(service))
                    .build())
            .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
            .build();
    // Of gRPC's own metrics ours are the familiar ones. Its tracing is an experiment by name only
    // as far as being off unless asked for, and there is no other way to ask.
    GrpcOpenTelemetry.Builder grpc = GrpcOpenTelemetry.newBuilder().sdk(sdk).disableAllMetrics();
    InternalGrpcOpenTelemetry.enableTracing(grpc, true);
    return new Tracing(sdk, Optional.of(grpc.build()), sdk::close);
  }

  private static Resource resource(String service) {
    Attributes own = Attributes.builder().put("service.name", service).build();
    return Resource.getDefault().merge(Resource.create(own));
  }

  /** Whether spans may be made. */
  public boolean on() {
    return grpc.isPresent();
  }

  /** Whether what happens now on this thread belongs to a trace that is recorded. */
  public boolean recording() {
    return on() && Span.current().isRecording();
  }

  /** Makes spans; none when off. */
  public Tracer tracer() {
    return tracer;
  }

  /** A server's calls become spans below their callers'. */
  void serve(NettyServerBuilder server) {
    grpc.ifPresent(telemetry -> telemetry.configureServerBuilder(server));
  }

  /** A channel's calls become spans, and tell the server. */
  void dial(NettyChannelBuilder channel) {
    grpc.ifPresent(telemetry -> telemetry.configureChannelBuilder(channel));
  }

  /** Sends what has ended, within bounds, and makes no more spans. */
  @Override
  public void close() {
    onClose.run();
  }
}
