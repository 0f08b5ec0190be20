package io.ennead.expert.api;

import io.ennead.expert.batch.Caller;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Deadline;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.concurrent.TimeUnit;

/**
 * Tells whose call a handler has before it, and until when: a router has one connection to a node,
 * so the connection's other end stands for the router.
 */
final class Callers implements ServerInterceptor {
  private static final Context.Key<String> NAME = Context.keyWithDefault("caller", "");

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    String name = String.valueOf(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
    return Contexts.interceptCall(Context.current().withValue(NAME, name), call, headers, next);
  }

  /** The caller of the call that this thread handles. */
  static Caller current() {
    Deadline deadline = Context.current().getDeadline();
    return new Caller(
        NAME.get(),
        deadline == null
            ? Long.MAX_VALUE
            : System.nanoTime() + deadline.timeRemaining(TimeUnit.NANOSECONDS));
  }
}
