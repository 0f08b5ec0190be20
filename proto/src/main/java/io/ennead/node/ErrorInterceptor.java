package io.ennead.node;

import com.google.protobuf.InvalidProtocolBufferException;
import io.ennead.errors.ServingException;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCall.Listener;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Turns exceptions into statuses by {@link GrpcErrors#toStatus}: those that a handler throws and
 * those that it passes to {@code onError}. Statuses that gRPC or a standard service chose pass
 * unchanged. Each call is closed once, whichever thread comes first.
 */
final class ErrorInterceptor implements ServerInterceptor {

  @Override
  public <Q, R> Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    MappingCall<Q, R> mapping = new MappingCall<>(call);
    try {
      return new MappingListener<>(next.startCall(mapping, headers), mapping);
    } catch (RuntimeException | Error e) {
      mapping.fail(e);
      return new Listener<>() {};
    }
  }

  private static final class MappingCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private final AtomicBoolean closed = new AtomicBoolean();

    MappingCall(ServerCall<Q, R> delegate) {
      super(delegate);
    }

    @Override
    public void close(Status status, Metadata trailers) {
      Throwable cause = status.getCause();
      // What ServerCalls makes of an exception without a status.
      if (status.getCode() == Status.Code.UNKNOWN && cause != null) {
        fail(cause);
        return;
      }
      if (closed.compareAndSet(false, true)) {
        super.close(status, trailers);
      }
    }

    void fail(Throwable failure) {
      StatusRuntimeException mapped = GrpcErrors.toStatus(failure);
      if (closed.compareAndSet(false, true)) {
        Metadata trailers = mapped.getTrailers();
        super.close(mapped.getStatus(), trailers == null ? new Metadata() : trailers);
      }
    }
  }

  private static final class MappingListener<Q> extends SimpleForwardingServerCallListener<Q> {
    private final MappingCall<Q, ?> call;

    MappingListener(Listener<Q> delegate, MappingCall<Q, ?> call) {
      super(delegate);
      this.call = call;
    }

    @Override
    public void onMessage(Q message) {
      guard(() -> read(() -> super.onMessage(message)));
    }

    /** The message is read here; one that is no such message is the peer's mistake. */
    private static void read(Runnable callback) {
      try {
        callback.run();
      } catch (StatusRuntimeException e) {
        if (e.getCause() instanceof InvalidProtocolBufferException cause) {
          throw ServingException.invalidField(
              "message",
              String.valueOf(cause.getMessage()),
              "a message of the method's request type");
        }
        throw e;
      }
    }

    @Override
    public void onHalfClose() {
      guard(super::onHalfClose);
    }

    @Override
    public void onReady() {
      guard(super::onReady);
    }

    private void guard(Runnable callback) {
      try {
        callback.run();
      } catch (RuntimeException | Error e) {
        call.fail(e);
      }
    }
  }
}
