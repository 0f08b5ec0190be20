package io.ennead.cli.certs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;

/** Certificates and keys as PEM. Files appear whole, and only their owner can read keys. */
final class PemFiles {
  private static final String CERTIFICATE = "CERTIFICATE";
  private static final String KEY = "PRIVATE KEY";

  private PemFiles() {}

  static X509Certificate readCertificate(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    } catch (CertificateException e) {
      throw new IOException(file + ": no certificate (expected: PEM)", e);
    }
  }

  static PrivateKey readKey(Path file) throws IOException {
    String body = Files.readString(file).replaceAll("-----[A-Z ]+-----|\\s", "");
    try {
      byte[] bytes = Base64.getDecoder().decode(body);
      return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(bytes));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException(file + ": no EC key (expected: PKCS#8 in PEM)", e);
    }
  }

  static void write(Path file, X509Certificate certificate) throws IOException {
    try {
      write(file, CERTIFICATE, certificate.getEncoded(), "rw-r--r--");
    } catch (CertificateEncodingException e) {
      throw new IOException(e);
    }
  }

  static void write(Path file, PrivateKey key) throws IOException {
    write(file, KEY, key.getEncoded(), "rw-------");
  }

  private static void write(Path file, String type, byte[] bytes, String permissions)
      throws IOException {
    String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
    String text = "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(type, lines, type);
    Path next = file.resolveSibling(file.getFileName() + ".next");
    Files.deleteIfExists(next);
    Files.createFile(
        next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions)));
    Files.writeString(next, text);
    Files.move(next, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }
}
