/**
 * TLS of a node: certificates and keys from PEM files that can be replaced while it runs, the roles
 * that a peer's certificate gives, and a count of handshakes that failed.
 */
@NullMarked
package io.ennead.node.tls;

import org.jspecify.annotations.NullMarked;
