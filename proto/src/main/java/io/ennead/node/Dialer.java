package io.ennead.node;

import io.ennead.node.tls.TlsIdentity;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.InsecureChannelCredentials;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Optional;

/** Begins channels to nodes, with the credentials that all of them get. Thread-safe. */
public final class Dialer {
  /** Without TLS and key. */
  public static final Dialer PLAINTEXT =
      new Dialer(InsecureChannelCredentials.create(), Optional.empty(), Tracing.OFF);

  static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final ChannelCredentials credentials;
  private final Optional<String> key;
  private final Tracing tracing;

  private Dialer(ChannelCredentials credentials, Optional<String> key, Tracing tracing) {
    this.credentials = credentials;
    this.key = key;
    this.tracing = tracing;
  }

  /** With such credentials. */
  public static Dialer with(ChannelCredentials credentials) {
    return new Dialer(credentials, Optional.empty(), Tracing.OFF);
  }

  /**
   * With TLS from PEM files, read now.
   *
   * @param ca what servers are checked with; absent: what Java trusts
   * @param certificate this client's own chain, if it has one
   * @param key the key of the certificate
   * @throws ConfigException when a file cannot be read, or key and certificate do not belong
   *     together
   */
  public static Dialer tls(Optional<Path> ca, Optional<Path> certificate, Optional<Path> key) {
    TlsChannelCredentials.Builder builder = TlsChannelCredentials.newBuilder();
    try {
      if (ca.isPresent()) {
        builder.trustManager(ca.get().toFile());
      }
      if (certificate.isPresent() != key.isPresent()) {
        throw new ConfigException("tls-cert and tls-key: one of them (expected: both or none)");
      }
      if (certificate.isPresent()) {
        builder.keyManager(TlsIdentity.keys(certificate.get(), key.orElseThrow()));
      }
    } catch (IOException | GeneralSecurityException e) {
      throw new ConfigException("tls: %s (expected: PEM files)".formatted(e.getMessage()), e);
    }
    return with(builder.build());
  }

  /** The same with an API key in every call. */
  public Dialer withKey(String key) {
    return new Dialer(credentials, Optional.of(key), tracing);
  }

  /** The same with calls that are traced. */
  public Dialer traced(Tracing by) {
    return new Dialer(credentials, key, by);
  }

  /** A channel to one address. */
  public NettyChannelBuilder to(String host, int port) {
    return keyed(NettyChannelBuilder.forAddress(host, port, credentials));
  }

  /** A channel to a target as gRPC understands it, as {@code host:port}. */
  public NettyChannelBuilder to(String target) {
    return keyed(NettyChannelBuilder.forTarget(target, credentials));
  }

  private NettyChannelBuilder keyed(NettyChannelBuilder builder) {
    key.ifPresent(value -> builder.intercept(new Bearer(value)));
    tracing.dial(builder);
    return builder;
  }

  /** Sends the key also without TLS, to loopback: gRPC's own credentials would refuse that. */
  private record Bearer(String key) implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          headers.put(AUTHORIZATION, "Bearer " + key);
          super.start(listener, headers);
        }
      };
    }

    @Override
    public String toString() {
      return "Bearer"; // not the key
    }
  }
}
