package io.ennead.router.peer;

/** Where an expert node listens. */
public record PeerAddress(String host, int port) {
  /** Checks the port. */
  public PeerAddress {
    if (host.isEmpty() || port < 1 || port > 65_535) {
      throw new IllegalArgumentException(
          "peer: %s:%d (expected: host:port, port 1 to 65535)".formatted(host, port));
    }
  }

  /**
   * Reads {@code host:port}; an IPv6 address stands in brackets.
   *
   * @throws IllegalArgumentException naming the value
   */
  public static PeerAddress parse(String text) {
    int colon = text.lastIndexOf(':');
    try {
      String host = text.substring(0, Math.max(colon, 0)).replaceAll("^\\[(.*)]$", "$1");
      return new PeerAddress(host, Integer.parseInt(text.substring(colon + 1)));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "peer: %s (expected: host:port, port 1 to 65535)".formatted(text), e);
    }
  }

  @Override
  public String toString() {
    return host.contains(":") ? "[%s]:%d".formatted(host, port) : "%s:%d".formatted(host, port);
  }
}
