package io.ennead.node;

import java.net.InetSocketAddress;

/** The addresses that a node may listen on: loopback, and others only when that is asked for. */
final class BindAddress {
  private BindAddress() {}

  /**
   * An address to bind. Opens nothing.
   *
   * @param allowInsecure allow an address other than loopback, since there is no TLS
   * @throws ConfigException when the host is unknown or may not be bound
   */
  static InetSocketAddress of(String host, int port, boolean allowInsecure) {
    InetSocketAddress address = new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      throw new ConfigException(
          "host: %s (expected: a name or address of this machine)".formatted(host));
    }
    if (!address.getAddress().isLoopbackAddress() && !allowInsecure) {
      throw new ConfigException(
          "host: %s (expected: a loopback address, or --allow-insecure: traffic is not encrypted)"
              .formatted(host));
    }
    return address;
  }
}
