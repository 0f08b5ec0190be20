package io.ennead.cli.certs;

import io.ennead.access.Role;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A certificate authority in a directory, for development and tests: {@code ca.pem} and {@code
 * ca-key.pem}. Its key is a file like any other, so it is no authority for production.
 */
public final class DevelopmentCa {
  private static final Duration CA_VALIDITY = Duration.ofDays(3650);
  private static final Duration BACKDATED = Duration.ofMinutes(5); // clocks differ
  private static final int SERIAL_BITS = 120;

  private final Path directory;
  private final X509Certificate certificate;
  private final PrivateKey key;

  private DevelopmentCa(Path directory, X509Certificate certificate, PrivateKey key) {
    this.directory = directory;
    this.certificate = certificate;
    this.key = key;
  }

  /**
   * The one of a directory, made when there is none.
   *
   * @throws IOException when files cannot be read or written
   */
  public static DevelopmentCa open(Path directory) throws IOException {
    Files.createDirectories(directory);
    Path certificate = directory.resolve("ca.pem");
    Path key = directory.resolve("ca-key.pem");
    if (Files.exists(certificate)) {
      return new DevelopmentCa(
          directory, PemFiles.readCertificate(certificate), PemFiles.readKey(key));
    }
    KeyPair keys = keyPair();
    Instant now = Instant.now();
    // Two authorities of one name cannot be told apart by those who trust both.
    X500Name subject = name("Ennead development CA " + UUID.randomUUID());
    Request request = new Request(subject, now, now.plus(CA_VALIDITY));
    X509Certificate made =
        sign(request.builder(request.subject(), keys), keys.getPrivate(), List.of(), true);
    PemFiles.write(certificate, made);
    PemFiles.write(key, keys.getPrivate());
    return new DevelopmentCa(directory, made, keys.getPrivate());
  }

  /** Where its certificate is. */
  public Path caFile() {
    return directory.resolve("ca.pem");
  }

  /** A certificate and its key, as files. */
  public record Issued(Path certificate, Path key) {}

  /**
   * Issues NAME.pem and NAME-key.pem in the authority's directory, in place of older ones. Good for
   * servers and clients alike.
   *
   * @param hosts DNS names and IP addresses of the holder
   * @param roles of the holder as a client
   * @param validity from now on; negative: it has expired
   */
  public Issued issue(String name, List<String> hosts, List<Role> roles, Duration validity)
      throws IOException {
    KeyPair keys = keyPair();
    Instant now = Instant.now();
    Instant end = now.plus(validity);
    Instant start = validity.isNegative() ? end.minus(Duration.ofHours(1)) : now;
    Request request = new Request(name(name), start, end);
    X500Name issuer = new X500Name(certificate.getSubjectX500Principal().getName());
    X509Certificate made = sign(request.builder(issuer, keys), key, names(hosts, roles), false);
    Issued files =
        new Issued(directory.resolve(name + ".pem"), directory.resolve(name + "-key.pem"));
    PemFiles.write(files.key(), keys.getPrivate());
    PemFiles.write(files.certificate(), made);
    return files;
  }

  /** Hosts, and this machine for itself. */
  public static List<String> andLoopback(List<String> hosts) {
    return Stream.concat(Stream.of("localhost", "127.0.0.1", "::1"), hosts.stream()).toList();
  }

  private record Request(X500Name subject, Instant start, Instant end) {
    JcaX509v3CertificateBuilder builder(X500Name issuer, KeyPair keys) {
      return new JcaX509v3CertificateBuilder(
          issuer,
          new BigInteger(SERIAL_BITS, new SecureRandom()).add(BigInteger.ONE),
          Date.from(start.minus(BACKDATED)),
          Date.from(end),
          subject,
          keys.getPublic());
    }
  }

  private static X500Name name(String commonName) {
    return new X500NameBuilder().addRDN(BCStyle.CN, commonName).build();
  }

  private static List<GeneralName> names(List<String> hosts, List<Role> roles) {
    List<GeneralName> names = new ArrayList<>();
    for (String host : hosts) {
      boolean address = host.matches("[0-9.]+|.*:.*");
      names.add(new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, host));
    }
    roles.forEach(
        role -> names.add(new GeneralName(GeneralName.uniformResourceIdentifier, role.uri())));
    return names;
  }

  private static X509Certificate sign(
      JcaX509v3CertificateBuilder builder,
      PrivateKey signer,
      List<GeneralName> names,
      boolean authority)
      throws IOException {
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
    builder.addExtension(Extension.keyUsage, true, usage(authority));
    if (!authority) {
      KeyPurposeId[] both = {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth};
      builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(both));
    }
    if (!names.isEmpty()) {
      GeneralNames all = new GeneralNames(names.toArray(new GeneralName[0]));
      builder.addExtension(Extension.subjectAlternativeName, false, all);
    }
    try {
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(signer)));
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException("cannot sign a certificate", e);
    }
  }

  private static KeyUsage usage(boolean authority) {
    return new KeyUsage(
        authority ? KeyUsage.keyCertSign | KeyUsage.cRLSign : KeyUsage.digitalSignature);
  }

  private static KeyPair keyPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no P-256", e); // every Java has it
    }
  }
}
