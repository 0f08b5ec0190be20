package io.ennead.node;

import io.ennead.node.tls.TlsFiles;
import java.nio.file.Path;
import java.util.Optional;

/** What protects the listeners of a node; the same settings on every node. */
public record SecurityConfig(
    @Setting(
            help = "certificate chain in PEM, own one first; switches TLS on for gRPC and admin",
            byDefault = "")
        Path tlsCert,
    @Setting(help = "private key of the certificate, PKCS#8 in PEM", byDefault = "") Path tlsKey,
    @Setting(
            help = "CA certificates in PEM that clients and peers are checked with: mutual TLS",
            byDefault = "")
        Path tlsCa,
    @Setting(
            help =
                "with tls-ca, whether clients must have a certificate (require) or may (optional)",
            byDefault = "require")
        ClientCertificates tlsClients,
    @Setting(
            help = "file of API keys, as ennead keys writes it; empty: no key is asked for",
            byDefault = "")
        Path apiKeys,
    @Setting(
            help = "address of the admin port; other than loopback needs TLS or --allow-insecure",
            byDefault = "127.0.0.1")
        String adminHost) {

  /** Loopback, without TLS and keys. */
  public static final SecurityConfig NONE =
      new SecurityConfig(
          Path.of(""),
          Path.of(""),
          Path.of(""),
          ClientCertificates.REQUIRE,
          Path.of(""),
          "127.0.0.1");

  /** What is asked of clients where there is a CA. */
  public enum ClientCertificates {
    /** The handshake fails without one. */
    REQUIRE,
    /** Only nodes need one; others have keys. */
    OPTIONAL
  }

  /** Checks what contradicts itself. */
  public SecurityConfig {
    requireTogether("tls-key", tlsKey, "tls-cert", tlsCert);
    requireTogether("tls-cert", tlsCert, "tls-key", tlsKey);
    if (given(tlsCa) && !given(tlsCert)) {
      throw new IllegalArgumentException(
          "tls-ca: %s (expected: tls-cert and tls-key as well)".formatted(tlsCa));
    }
  }

  private static void requireTogether(String name, Path value, String other, Path otherValue) {
    if (given(value) && !given(otherValue)) {
      throw new IllegalArgumentException(
          "%s: %s (expected: %s as well)".formatted(name, value, other));
    }
  }

  private static boolean given(Path path) {
    return !path.toString().isEmpty();
  }

  Optional<TlsFiles> tls() {
    return given(tlsCert)
        ? Optional.of(
            new TlsFiles(
                tlsCert,
                tlsKey,
                Optional.of(tlsCa).filter(SecurityConfig::given),
                tlsClients == ClientCertificates.REQUIRE))
        : Optional.empty();
  }

  Optional<Path> keysFile() {
    return Optional.of(apiKeys).filter(SecurityConfig::given);
  }
}
