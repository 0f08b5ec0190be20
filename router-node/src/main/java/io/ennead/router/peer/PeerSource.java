package io.ennead.router.peer;

/** Where expert nodes are listed. */
public sealed interface PeerSource {

  /** One node at a fixed address. */
  record Listed(PeerAddress address) implements PeerSource {}

  /** Every address that DNS has for a name, as of a headless Kubernetes service. */
  record Named(String host, int port) implements PeerSource {}

  /** What gRPC calls a target that DNS resolves. */
  String DNS = "dns:///";

  /**
   * Reads {@code host:port} or {@code dns:///host:port}.
   *
   * @throws IllegalArgumentException naming the value
   */
  static PeerSource parse(String text) {
    if (!text.startsWith(DNS)) {
      return new Listed(PeerAddress.parse(text));
    }
    PeerAddress name = PeerAddress.parse(text.substring(DNS.length()));
    return new Named(name.host(), name.port());
  }
}
