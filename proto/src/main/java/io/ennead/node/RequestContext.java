package io.ennead.node;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCall.Listener;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
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

  private final Set<String> inline;

  RequestContext(Set<String> inline) {
    this.inline = Set.copyOf(inline);
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
  private static final class Named<Q> extends SimpleForwardingServerCallListener<Q> {
    private final String id;

    Named(Listener<Q> delegate, String id) {
      super(delegate);
      this.id = id;
    }

    private void named(Runnable callback) {
      MDC.put(REQUEST_ID, id);
      try {
        callback.run();
      } finally {
        MDC.remove(REQUEST_ID);
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
