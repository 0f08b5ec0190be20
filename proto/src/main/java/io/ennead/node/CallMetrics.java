package io.ennead.node;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCall.Listener;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Counts and times every call, under the names that dashboards for gRPC servers know. Only
 * registered methods come here, so the labels are bounded.
 */
public final class CallMetrics implements ServerInterceptor {
  private static final double NANOS_PER_SECOND = 1e9;

  private final Counter started;
  private final Counter handled;
  private final Histogram seconds;

  /** Registers with a registry; the servers of one node share it. */
  public CallMetrics(PrometheusRegistry registry) {
    started =
        Counter.builder()
            .name("grpc_server_started_total")
            .help("Calls that arrived.")
            .labelNames("grpc_service", "grpc_method")
            .register(registry);
    handled =
        Counter.builder()
            .name("grpc_server_handled_total")
            .help("Calls that ended, by status code.")
            .labelNames("grpc_service", "grpc_method", "grpc_code")
            .register(registry);
    seconds =
        Histogram.builder()
            .name("grpc_server_handling_seconds")
            .help("Time from a call's arrival to its end.")
            .classicOnly()
            .labelNames("grpc_service", "grpc_method")
            .register(registry);
  }

  @Override
  public <Q, R> Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    MethodDescriptor<Q, R> method = call.getMethodDescriptor();
    Measurement measurement =
        new Measurement(
            Optional.ofNullable(method.getServiceName()).orElse(""),
            Optional.ofNullable(method.getBareMethodName()).orElse(""));
    Listener<Q> listener =
        next.startCall(
            new SimpleForwardingServerCall<>(call) {
              @Override
              public void close(Status status, Metadata trailers) {
                measurement.end(status.getCode());
                super.close(status, trailers);
              }
            },
            headers);
    return new SimpleForwardingServerCallListener<>(listener) {
      @Override
      public void onCancel() {
        measurement.end(Status.Code.CANCELLED);
        super.onCancel();
      }

      @Override
      public void onComplete() {
        measurement.end(Status.Code.UNKNOWN); // unless it was closed: then gRPC itself ended it
        super.onComplete();
      }
    };
  }

  /** One call; whoever ends it first decides its code. */
  private final class Measurement {
    private final String service;
    private final String method;
    private final long startNanos = System.nanoTime();
    private final AtomicBoolean ended = new AtomicBoolean();

    Measurement(String service, String method) {
      this.service = service;
      this.method = method;
      started.labelValues(service, method).inc();
    }

    void end(Status.Code code) {
      if (ended.compareAndSet(false, true)) {
        handled.labelValues(service, method, code.name()).inc();
        seconds
            .labelValues(service, method)
            .observe((System.nanoTime() - startNanos) / NANOS_PER_SECOND);
      }
    }
  }
}
