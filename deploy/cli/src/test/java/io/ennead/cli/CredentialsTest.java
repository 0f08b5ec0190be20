package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.access.ApiKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CredentialsTest {
  @TempDir private Path directory;

  @Test
  void keysPrintsTheKeyAndKeepsItsHash() throws IOException {
    Path file = directory.resolve("keys.yaml");
    CliRun run = CliRun.of("keys", "web", "--file", file.toString(), "--role", "infer,read");
    assertThat(run.code()).isZero();
    assertThat(run.out().strip()).startsWith("ennead_");
    assertThat(Files.readString(file)).contains("web").doesNotContain(run.out().strip());
    assertThat(ApiKeys.read(file).size()).isEqualTo(1);
  }

  @Test
  void aKeyMayHaveAShareAndAPriority() throws IOException {
    Path file = directory.resolve("shared.yaml");
    CliRun run =
        CliRun.of(("keys chat --role infer --share 3 --priority high --file " + file).split(" "));
    assertThat(run.code()).isZero();
    assertThat(Files.readString(file)).endsWith(", share: 3, priority: high}");
    assertThat(CliRun.of("keys", "x", "--role", "infer", "--priority", "now").err())
        .contains("priority: now (expected: low, normal, high)");
  }

  @Test
  void anUnknownRoleIsWrongUsage() {
    CliRun run = CliRun.of("keys", "web", "--role", "king");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("role: king (expected: infer, read, admin, node)");
  }

  @Test
  void certsMakesAnAuthorityOnceAndPrintsFlags() throws IOException {
    String[] command = {"certs", "router", "--dir", directory.toString(), "--role", "node"};
    CliRun run = CliRun.of(command);
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("--tls-cert " + directory.resolve("router.pem"))
        .contains("--tls-ca " + directory.resolve("ca.pem"));
    String authority = Files.readString(directory.resolve("ca.pem"));
    assertThat(CliRun.of(command).code()).isZero();
    assertThat(directory.resolve("ca.pem")).hasContent(authority);
  }
}
