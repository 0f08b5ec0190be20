package io.ennead.node.tls;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where a node's certificates are, in PEM.
 *
 * @param certificate its own chain, leaf first
 * @param key the private key of the leaf, PKCS#8 without a password
 * @param ca what peers' certificates are checked with; absent: what Java trusts, and clients are
 *     asked for none
 * @param clientsNeedOne whether clients must have a certificate, or only may
 */
public record TlsFiles(Path certificate, Path key, Optional<Path> ca, boolean clientsNeedOne) {
  /** All of them. */
  public List<Path> paths() {
    return Stream.concat(Stream.of(certificate, key), ca.stream()).toList();
  }
}
