package io.ennead.cli;

import io.ennead.client.ClusterClient;
import java.time.Duration;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which router an operator's command talks to and how long it may take. */
final class ClusterConnection {
  private static final String ADDRESS = "127.0.0.1:8473";

  @Option(
      names = "--addr",
      defaultValue = ADDRESS,
      paramLabel = "HOST:PORT",
      description = "The router's port for operators, --cluster-port (default: ${DEFAULT-VALUE}).")
  private String address = ADDRESS;

  @Mixin private CredentialFlags credentials = new CredentialFlags();

  @Option(
      names = "--timeout",
      converter = DurationConverter.class,
      defaultValue = "10m",
      paramLabel = "TIME",
      description = "Time limit (default: ${DEFAULT-VALUE}).")
  private Duration limit = Duration.ofMinutes(10);

  ClusterClient open() {
    return ClusterClient.connect(address, credentials.dialer());
  }

  Duration limit() {
    return limit;
  }
}
