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
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Counts and times every call, under the names that dashboards for gRPC servers know. Only
 * registered methods come here, so the labels are bounded; each method's series are looked up once.
 */
public final class CallMetrics implements ServerInterceptor {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final String SERVICE = "grpc_service";
  private static final String METHOD = "grpc_method";

  private final Counter started;
  private final Counter handled;
  private final Counter received;
  private final Counter sent;
  private final Histogram seconds;
  private final Map<String, Method> methods = new ConcurrentHashMap<>();

  /** Registers with a registry; the servers of one node share it. */
  public CallMetrics(PrometheusRegistry registry) {
    started = counter(registry, "started", "Calls that arrived.");
    handled = counter(registry, "handled", "Calls that ended, by their status code.", "grpc_code");
    received = counter(registry, "msg_received", "Messages received from clients.");
    sent = counter(registry, "msg_sent", "Messages sent to clients.");
    seconds =
        Histogram.builder()
            .name("grpc_server_handling_seconds")
            .help("Time from a call's arrival to its end.")
            .classicOnly()
            .labelNames(SERVICE, METHOD)
            .register(registry);
  }

  private static Counter counter(
      PrometheusRegistry registry, String what, String help, String... more) {
    String[] labels = new String[2 + more.length];
    labels[0] = SERVICE;
    labels[1] = METHOD;
    System.arraycopy(more, 0, labels, 2, more.length);
    return Counter.builder()
        .name("grpc_server_" + what + "_total")
        .help(help)
        .labelNames(labels)
        .register(registry);
  }

  @Override
  public <Q, R> Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    MethodDescriptor<Q, R> descriptor = call.getMethodDescriptor();
    Method method =
        methods.computeIfAbsent(descriptor.getFullMethodName(), name -> new Method(descriptor));
    Measurement measurement = new Measurement(method);
    Listener<Q> listener =
        next.startCall(
            new SimpleForwardingServerCall<>(call) {
              @Override
              public void sendMessage(R message) {
                method.sent.inc();
                super.sendMessage(message);
              }

              @Override
              public void close(Status status, Metadata trailers) {
                measurement.end(status.getCode());
                super.close(status, trailers);
              }
            },
            headers);
    return new SimpleForwardingServerCallListener<>(listener) {
      @Override
      public void onMessage(Q message) {
        method.received.inc();
        super.onMessage(message);
      }

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

  /** The series of one method. */
  private final class Method {
    private final String service;
    private final String name;
    private final CounterDataPoint started;
    private final CounterDataPoint received;
    private final CounterDataPoint sent;
    private final DistributionDataPoint seconds;
    private final Map<Status.Code, CounterDataPoint> handled = new ConcurrentHashMap<>();

    Method(MethodDescriptor<?, ?> descriptor) {
      service = Optional.ofNullable(descriptor.getServiceName()).orElse("");
      name = Optional.ofNullable(descriptor.getBareMethodName()).orElse("");
      started = CallMetrics.this.started.labelValues(service, name);
      received = CallMetrics.this.received.labelValues(service, name);
      sent = CallMetrics.this.sent.labelValues(service, name);
      seconds = CallMetrics.this.seconds.labelValues(service, name);
    }

    void handled(Status.Code code) {
      handled
          .computeIfAbsent(code, c -> CallMetrics.this.handled.labelValues(service, name, c.name()))
          .inc();
    }
  }

  /** One call; whoever ends it first decides its code. */
  private static final class Measurement {
    private final Method method;
    private final long startNanos = System.nanoTime();
    private final AtomicBoolean ended = new AtomicBoolean();

    Measurement(Method method) {
      this.method = method;
      method.started.inc();
    }

    void end(Status.Code code) {
      if (ended.compareAndSet(false, true)) {
        method.handled(code);
        method.seconds.observe((System.nanoTime() - startNanos) / NANOS_PER_SECOND);
      }
    }
  }
}
