package io.ennead.router.api;

import io.grpc.BindableService;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;

/**
 * The response header {@value #NAME}, "true" where replicas may give other bits: the same request
 * may then be answered with other ones.
 */
public final class MixedNumericsHeader implements ServerInterceptor {
  /** The header's name. */
  public static final String NAME = "x-ennead-mixed-numerics";

  private static final Metadata.Key<String> HEADER =
      Metadata.Key.of(NAME, Metadata.ASCII_STRING_MARSHALLER);

  private MixedNumericsHeader() {}

  /** A service all whose responses have the header. */
  public static BindableService on(BindableService service) {
    return () -> ServerInterceptors.intercept(service, new MixedNumericsHeader());
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    return next.startCall(
        new SimpleForwardingServerCall<>(call) {
          @Override
          public void sendHeaders(Metadata responseHeaders) {
            responseHeaders.put(HEADER, "true");
            super.sendHeaders(responseHeaders);
          }
        },
        headers);
  }
}
