package io.ennead.node;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.ServerCall;
import io.grpc.ServerCall.Listener;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import java.io.InputStream;

/**
 * Services whose requests are read by the listener: gRPC answers UNKNOWN to a message that cannot
 * be read, before any interceptor sees it; read here, it fails where failures are mapped and
 * counted. {@code ServerInterceptors.useInputStreamMessages} does so too, but also turns replies
 * into streams that can only be copied piece by piece.
 */
final class LateReading {
  private static final Marshaller<InputStream> UNREAD = new Unread();

  private LateReading() {}

  static ServerServiceDefinition of(ServerServiceDefinition service) {
    return Methods.changed(service, LateReading::of);
  }

  private static <Q, R> ServerMethodDefinition<InputStream, R> of(
      ServerMethodDefinition<Q, R> method) {
    MethodDescriptor<Q, R> read = method.getMethodDescriptor();
    MethodDescriptor<InputStream, R> unread =
        read.toBuilder(UNREAD, read.getResponseMarshaller()).build();
    ServerCallHandler<Q, R> handler = method.getServerCallHandler();
    return ServerMethodDefinition.create(
        unread, (call, headers) -> start(handler, new ReadCall<>(call, read), read, headers));
  }

  private static <Q, R> Listener<InputStream> start(
      ServerCallHandler<Q, R> handler,
      ServerCall<Q, R> call,
      MethodDescriptor<Q, R> method,
      Metadata headers) {
    return new Reader<>(handler.startCall(call, headers), method);
  }

  /** The call as its handler knows it. */
  private static final class ReadCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private final MethodDescriptor<Q, R> method;

    @SuppressWarnings("unchecked") // of a call's request type only its descriptor speaks
    ReadCall(ServerCall<InputStream, R> call, MethodDescriptor<Q, R> method) {
      super((ServerCall<Q, R>) call);
      this.method = method;
    }

    @Override
    public MethodDescriptor<Q, R> getMethodDescriptor() {
      return method;
    }
  }

  /** Reads requests for a listener. */
  private static final class Reader<Q> extends Listener<InputStream> {
    private final Listener<Q> listener;
    private final MethodDescriptor<Q, ?> method;

    Reader(Listener<Q> listener, MethodDescriptor<Q, ?> method) {
      this.listener = listener;
      this.method = method;
    }

    @Override
    public void onMessage(InputStream message) {
      listener.onMessage(method.parseRequest(message));
    }

    @Override
    public void onHalfClose() {
      listener.onHalfClose();
    }

    @Override
    public void onCancel() {
      listener.onCancel();
    }

    @Override
    public void onComplete() {
      listener.onComplete();
    }

    @Override
    public void onReady() {
      listener.onReady();
    }
  }

  /** Gives the bytes as they came; whoever gets them reads them before the call goes on. */
  private static final class Unread implements Marshaller<InputStream> {
    @Override
    public InputStream stream(InputStream message) {
      return message;
    }

    @Override
    public InputStream parse(InputStream message) {
      return message;
    }
  }
}
