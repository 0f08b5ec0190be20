package io.ennead.access;

import java.util.Set;

/**
 * What a certificate that the handshake has verified says of its holder.
 *
 * @param subject its distinguished name; empty: there is no certificate
 */
public record Certified(String subject, Set<Role> roles) {
  /** No certificate. */
  public static final Certified NONE = new Certified("", Set.of());

  /** Copies the set. */
  public Certified {
    roles = Set.copyOf(roles);
  }
}
