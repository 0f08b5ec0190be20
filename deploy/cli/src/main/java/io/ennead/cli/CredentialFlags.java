package io.ennead.cli;

import io.ennead.cli.bench.GhzConfig;
import io.ennead.node.Dialer;
import io.ennead.node.KeyFile;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a client command shows who it is, and knows that it talks to the right node. */
final class CredentialFlags {
  /** A key itself: a flag would show it to everybody who lists processes. */
  private static final String KEY_VARIABLE = "ENNEAD_API_KEY";

  @Option(names = "--tls", description = "Connect with TLS; implied by the other TLS flags.")
  private boolean tls;

  @Option(
      names = "--tls-ca",
      defaultValue = "${env:ENNEAD_TLS_CA}",
      paramLabel = "FILE",
      description = "CA certificates that the node is checked with (default: those of Java).")
  private @Nullable Path ca;

  @Option(
      names = "--tls-cert",
      defaultValue = "${env:ENNEAD_TLS_CERT}",
      paramLabel = "FILE",
      description = "Certificate of this client, for mutual TLS.")
  private @Nullable Path certificate;

  @Option(
      names = "--tls-key",
      defaultValue = "${env:ENNEAD_TLS_KEY}",
      paramLabel = "FILE",
      description = "Private key of the certificate.")
  private @Nullable Path key;

  @Option(
      names = "--api-key-file",
      defaultValue = "${env:ENNEAD_API_KEY_FILE}",
      paramLabel = "FILE",
      description = "File that holds the API key (default: what " + KEY_VARIABLE + " holds).")
  private @Nullable Path keyFile;

  /** TLS, and with which files where no flag names one. */
  void useUnlessGiven(GhzConfig.Security security) {
    tls = true;
    ca = path(ca).or(security::ca).orElse(null);
    certificate = path(certificate).or(security::certificate).orElse(null);
    key = path(key).or(security::key).orElse(null);
  }

  Dialer dialer() {
    Dialer dialer =
        secure() ? Dialer.tls(path(ca), path(certificate), path(key)) : Dialer.PLAINTEXT;
    return apiKey().map(dialer::withKey).orElse(dialer);
  }

  /** Whether TLS is used. */
  boolean secure() {
    return tls || path(ca).or(() -> path(certificate)).or(() -> path(key)).isPresent();
  }

  private Optional<String> apiKey() {
    return path(keyFile)
        .map(KeyFile::read)
        .or(() -> Optional.ofNullable(System.getenv(KEY_VARIABLE)).filter(text -> !text.isEmpty()));
  }

  private static Optional<Path> path(@Nullable Path given) {
    return Optional.ofNullable(given).filter(path -> !path.toString().isEmpty());
  }
}
