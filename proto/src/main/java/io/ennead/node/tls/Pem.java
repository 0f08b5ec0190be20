package io.ennead.node.tls;

import io.grpc.util.CertificateUtils;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;

/** Certificates and keys of PEM files. */
final class Pem {
  private static final byte[] PROBE = {1, 2, 3};

  private Pem() {}

  static X509Certificate[] certificates(Path file) throws IOException, GeneralSecurityException {
    try (InputStream in = Files.newInputStream(file)) {
      X509Certificate[] found = CertificateUtils.getX509Certificates(in);
      if (found.length == 0) {
        throw new IOException(file + ": no certificate (expected: PEM)");
      }
      return found;
    }
  }

  /** The key, which must be that of the certificate: of two files one may be replaced later. */
  static PrivateKey key(Path file, X509Certificate certificate)
      throws IOException, GeneralSecurityException {
    PrivateKey key;
    try (InputStream in = Files.newInputStream(file)) {
      key = CertificateUtils.getPrivateKey(in);
    } catch (IllegalArgumentException e) { // no base64
      throw new IOException(file + ": no private key (expected: PKCS#8 in PEM)", e);
    }
    if (!belongTogether(key, certificate)) {
      throw new IOException(file + ": not the key of the certificate");
    }
    return key;
  }

  private static boolean belongTogether(PrivateKey key, X509Certificate certificate)
      throws GeneralSecurityException {
    if (!key.getAlgorithm().equals(certificate.getPublicKey().getAlgorithm())) {
      return false;
    }
    Signature signature = Signature.getInstance(algorithm(key));
    signature.initSign(key);
    signature.update(PROBE);
    byte[] signed = signature.sign();
    signature.initVerify(certificate.getPublicKey());
    signature.update(PROBE);
    return signature.verify(signed);
  }

  private static String algorithm(PrivateKey key) throws GeneralSecurityException {
    return switch (key.getAlgorithm()) {
      case "RSA" -> "SHA256withRSA";
      case "EC" -> "SHA256withECDSA";
      case "EdDSA" -> "EdDSA";
      default ->
          throw new GeneralSecurityException(
              "key: %s (expected: RSA or EC)".formatted(key.getAlgorithm()));
    };
  }
}
