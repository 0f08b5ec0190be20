package io.ennead.node;

import io.ennead.access.Certified;
import io.ennead.access.Gatekeeper;
import io.ennead.access.Tenant;
import io.ennead.node.tls.CertificateRoles;
import io.grpc.Attributes;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCall.Listener;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerTransportFilter;
import java.util.Optional;
import javax.net.ssl.SSLSession;

/** Asks the gatekeeper about every gRPC call, before its service sees anything of it. */
final class AccessInterceptor implements ServerInterceptor {
  private static final Attributes.Key<Certified> CERTIFIED =
      Attributes.Key.create("ennead-certified");

  private final Gatekeeper gatekeeper;

  AccessInterceptor(Gatekeeper gatekeeper) {
    this.gatekeeper = gatekeeper;
  }

  /** Reads a client's certificate once per connection. */
  static ServerTransportFilter readingCertificates() {
    return new ServerTransportFilter() {
      @Override
      public Attributes transportReady(Attributes attributes) {
        SSLSession session = attributes.get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
        return session == null
            ? attributes
            : attributes.toBuilder().set(CERTIFIED, CertificateRoles.of(session)).build();
      }
    };
  }

  @Override
  public <Q, R> Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Tenant tenant =
        gatekeeper.check(
            call.getMethodDescriptor().getFullMethodName(),
            Optional.ofNullable(headers.get(Dialer.AUTHORIZATION)),
            Optional.ofNullable(call.getAttributes().get(CERTIFIED)).orElse(Certified.NONE));
    return Contexts.interceptCall(CallingTenant.of(tenant), call, headers, next);
  }
}
