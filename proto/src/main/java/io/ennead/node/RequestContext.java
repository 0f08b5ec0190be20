package io.ennead.node;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCall.Listener;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.opentelemetry.api.trace.Span;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.slf4j.MDC;

/**
 * Gives every call an id, which responses carry and lines of the log name while the call is
 * handled. Calls of inline methods have none: they are too many, and part of others.
 */
public final class RequestContext implements ServerInterceptor {
  /** The field of a log line. */
  public static final String REQUEST_ID = "request_id";

  private static final Context.Key<String> ID = Context.key(REQUEST_ID);

  /** The field of a log line that names the trace. */
  public static final String TRACE_ID = "trace_id";

  private final Set<String> inline;
  private final Tracing tracing;

  RequestContext(Set<String> inline, Tracing tracing) {
    this.inline = Set.copyOf(inline);
    this.tracing = tracing;
  }

  /** The id of the call that is being handled on this thread; a new one outside of any. */
  public static String requestId() {
    return Optional.ofNullable(ID.get()).orElseGet(() -> UUID.randomUUID().toString());
  }

  @Override
  public <Q, R> Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    if (inline.contains(call.getMethodDescriptor().getFullMethodName())) {
      return next.startCall(call, headers);
    }
    String id = UUID.randomUUID().toString();
    Context context = Context.current().withValue(ID, id);
    return new Named<>(Contexts.interceptCall(context, call, headers, next), id);
  }

  /** Names the call in the log for as long as one of its callbacks runs. */
  private final class Named<Q> extends SimpleForwardingServerCallListener<Q> {
    private final String id;

    Named(Listener<Q> delegate, String id) {
      super(delegate);
      this.id = id;
    }

    private void named(Runnable callback) {
      MDC.put(REQUEST_ID, id);
      if (tracing.recording()) {
        MDC.put(TRACE_ID, Span.current().getSpanContext().getTraceId());
      }
      try {
        callback.run();
      } finally {
        MDC.remove(REQUEST_ID);
        MDC.remove(TRACE_ID);
      }
    }

    @Override
    public void onMessage(Q message) {
      named(() -> super.onMessage(message));
    }

    @Override
    public void onHalfClose() {
      named(super::onHalfClose);
    }

    @Override
    public void onReady() {
      named(super::onReady);
    }

    @Override
    public void onCancel() {
      named(super::onCancel);
    }

    @Override
    public void onComplete() {
      named(super::onComplete);
    }
  }
}
