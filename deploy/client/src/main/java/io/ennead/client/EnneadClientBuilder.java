package io.ennead.client;

import io.ennead.node.Dialer;
import java.nio.file.Path;
import java.util.Optional;

/** What a client is made of. Not for several threads. */
public final class EnneadClientBuilder {
  private final String address;
  private boolean tls;
  private Optional<Path> authorities = Optional.empty();
  private Optional<Path> certificate = Optional.empty();
  private Optional<Path> certificateKey = Optional.empty();
  private Optional<String> apiKey = Optional.empty();
  private RetryPolicy retries = RetryPolicy.DEFAULT;

  EnneadClientBuilder(String address) {
    this.address = address;
  }

  /** Connects with TLS, and checks the router by the authorities that Java trusts. */
  public EnneadClientBuilder tls() {
    tls = true;
    return this;
  }

  /** Connects with TLS, and checks the router by the authorities in this PEM file. */
  public EnneadClientBuilder tls(Path authorities) {
    this.authorities = Optional.of(authorities);
    return tls();
  }

  /** Connects with TLS and shows a certificate of its own: PEM files of chain and key. */
  public EnneadClientBuilder certificate(Path chain, Path key) {
    certificate = Optional.of(chain);
    certificateKey = Optional.of(key);
    return tls();
  }

  /** Sends an API key with every call. */
  public EnneadClientBuilder apiKey(String key) {
    apiKey = Optional.of(key);
    return this;
  }

  /** Asks again by itself as the policy says. */
  public EnneadClientBuilder retries(RetryPolicy policy) {
    retries = policy;
    return this;
  }

  /**
   * The client. Connects with the first call, and again whenever the connection is lost.
   *
   * @throws io.ennead.node.ConfigException when a file cannot be read
   */
  public EnneadClient build() {
    Dialer dialer = tls ? Dialer.tls(authorities, certificate, certificateKey) : Dialer.PLAINTEXT;
    return EnneadClient.connect(address, apiKey.map(dialer::withKey).orElse(dialer), retries);
  }
}
