package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.access.Role;
import io.ennead.cli.certs.DevelopmentCa;
import io.ennead.cli.certs.DevelopmentCa.Issued;
import io.ennead.node.ConfigException;
import io.ennead.node.Dialer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client whose files do not fit each other learns it before it calls. */
class CredentialsTest {
  @TempDir private Path directory;

  @Test
  void aKeyOfAnotherCertificateIsRefused() throws IOException {
    DevelopmentCa ca = DevelopmentCa.open(directory);
    Issued one = ca.issue("one", List.of(), List.of(Role.INFER), Duration.ofDays(1));
    Issued other = ca.issue("other", List.of(), List.of(Role.INFER), Duration.ofDays(1));
    assertThat(dialer(one.certificate(), one.key())).isNotNull();
    assertThatThrownBy(() -> dialer(one.certificate(), other.key()))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "tls: %s: not the key of the certificate (expected: PEM files)".formatted(other.key()));
  }

  private Dialer dialer(Path certificate, Path key) {
    return Dialer.tls(
        Optional.of(directory.resolve("ca.pem")), Optional.of(certificate), Optional.of(key));
  }
}
