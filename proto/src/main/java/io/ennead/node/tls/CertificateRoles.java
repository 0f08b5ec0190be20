package io.ennead.node.tls;

import io.ennead.access.Certified;
import io.ennead.access.Role;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * Who the certificate of a connection's other side says it is, and the roles that it gives: URIs
 * {@code ennead:ROLE}.
 */
public final class CertificateRoles {
  private static final int URI = 6; // GeneralName of RFC 5280

  private CertificateRoles() {}

  /** {@link Certified#NONE} when there is no certificate. */
  public static Certified of(SSLSession session) {
    try {
      return session.getPeerCertificates()[0] instanceof X509Certificate leaf
          ? new Certified(leaf.getSubjectX500Principal().getName(), roles(leaf))
          : Certified.NONE;
    } catch (SSLPeerUnverifiedException | CertificateParsingException e) {
      return Certified.NONE;
    }
  }

  private static Set<Role> roles(X509Certificate certificate) throws CertificateParsingException {
    Collection<List<?>> names = certificate.getSubjectAlternativeNames();
    return Optional.ofNullable(names).stream()
        .flatMap(Collection::stream)
        .filter(name -> name.get(0).equals(URI))
        .flatMap(name -> Role.ofUri(String.valueOf(name.get(1))).stream())
        .collect(Collectors.toUnmodifiableSet());
  }
}
