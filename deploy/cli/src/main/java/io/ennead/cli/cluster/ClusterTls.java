package io.ennead.cli.cluster;

import io.ennead.access.Role;
import io.ennead.cli.certs.DevelopmentCa;
import io.ennead.node.tls.TlsFiles;
import io.ennead.node.tls.TlsIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * Mutual TLS of a cluster on this machine: a development CA, one certificate that all nodes share,
 * and one of a client that may do everything people may.
 */
public final class ClusterTls {
  private static final Duration VALIDITY = Duration.ofDays(90);

  private static final String NODE = "node";
  private static final String CLIENT = "client";

  private final Path directory;

  private ClusterTls(Path directory) {
    this.directory = directory;
  }

  /**
   * Issues the certificates, into the folder {@code tls} of a run directory.
   *
   * @throws ClusterException when they cannot be written
   */
  static ClusterTls issue(RunDirectory run) {
    Path directory = folder(run);
    try {
      DevelopmentCa ca = DevelopmentCa.open(directory);
      List<String> hosts = DevelopmentCa.andLoopback(List.of());
      // The nodes share it: as a router one may move the experts of the others.
      ca.issue(NODE, hosts, List.of(Role.NODE, Role.ADMIN), VALIDITY);
      ca.issue(CLIENT, List.of(), List.of(Role.ADMIN), VALIDITY);
      return new ClusterTls(directory);
    } catch (IOException e) {
      throw new ClusterException("cannot write %s: %s".formatted(directory, e.getMessage()), e);
    }
  }

  /** That of the cluster in a run directory; empty: it has no TLS. */
  static Optional<ClusterTls> of(RunDirectory run) {
    Path directory = folder(run);
    return Files.exists(directory.resolve(CLIENT + ".pem"))
        ? Optional.of(new ClusterTls(directory))
        : Optional.empty();
  }

  /** Forgets the certificates of an earlier cluster. */
  static void remove(RunDirectory run) {
    try {
      for (String suffix : List.of(".pem", "-key.pem")) {
        Files.deleteIfExists(folder(run).resolve(CLIENT + suffix));
        Files.deleteIfExists(folder(run).resolve(NODE + suffix));
      }
    } catch (IOException e) {
      throw new ClusterException(
          "cannot delete from %s: %s".formatted(folder(run), e.getMessage()), e);
    }
  }

  private static Path folder(RunDirectory run) {
    return run.path().toAbsolutePath().resolve("tls");
  }

  /** Flags of every node. */
  List<String> nodeFlags() {
    return flags(NODE);
  }

  /** Flags of client commands. */
  public List<String> clientFlags() {
    return flags(CLIENT);
  }

  /** The same as grpcurl calls them. */
  public String grpcurlFlags() {
    return "-cacert %s -cert %s -key %s".formatted(file("ca"), file(CLIENT), file(CLIENT + "-key"));
  }

  private List<String> flags(String name) {
    return List.of(
        "--tls-ca", file("ca").toString(),
        "--tls-cert", file(name).toString(),
        "--tls-key", file(name + "-key").toString());
  }

  private Path file(String name) {
    return directory.resolve(name + ".pem");
  }

  /** For HTTPS as the client. */
  SSLContext context() {
    TlsFiles files =
        new TlsFiles(file(CLIENT), file(CLIENT + "-key"), Optional.of(file("ca")), true);
    try {
      return TlsIdentity.open(files).context();
    } catch (IOException | GeneralSecurityException e) {
      throw new ClusterException("cannot read %s: %s".formatted(directory, e.getMessage()), e);
    }
  }
}
