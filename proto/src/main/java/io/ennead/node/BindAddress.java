package io.ennead.node;

import java.net.InetSocketAddress;

/** The addresses that a node may listen on: loopback, and others only when that is asked for. */
public final class BindAddress {
  private BindAddress() {}

  /**
   * An address to bind. Opens nothing.
   *
   * @param setting what names the host, for messages
   * @param safe whether other addresses than loopback may be bound: with TLS, or when that is asked
   *     for without
   * @throws ConfigException when the host is unknown or may not be bound
   */
  public static InetSocketAddress of(String setting, String host, int port, boolean safe) {
    InetSocketAddress address = new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      throw new ConfigException(
          "%s: %s (expected: a name or address of this machine)".formatted(setting, host));
    }
    if (!address.getAddress().isLoopbackAddress() && !safe) {
      throw new ConfigException(
          "%s: %s (expected: a loopback address, or TLS by --tls-cert and --tls-key, or --allow-insecure: traffic is not encrypted)"
              .formatted(setting, host));
    }
    return address;
  }
}
