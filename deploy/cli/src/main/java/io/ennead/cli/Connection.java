package io.ennead.cli;

import io.ennead.client.EnneadClient;
import java.time.Duration;
import picocli.CommandLine.Option;

/** Which router a client command talks to and how long it may take. */
final class Connection {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(3);

  @Option(
      names = "--addr",
      defaultValue = "127.0.0.1:8470",
      paramLabel = "HOST:PORT",
      description = "The router's gRPC address (default: ${DEFAULT-VALUE}).")
  private String address = "";

  @Option(
      names = "--timeout",
      defaultValue = "10m",
      converter = DurationConverter.class,
      paramLabel = "TIME",
      description = "Time limit of a request (default: ${DEFAULT-VALUE}).")
  private Duration limit = Duration.ZERO;

  EnneadClient open() throws InterruptedException {
    EnneadClient client = EnneadClient.connect(address);
    if (client.awaitConnected(CONNECT_LIMIT)) {
      return client;
    }
    client.close();
    throw new CommandException(
        "no router answers at %s (start one: ./ennead local)".formatted(address));
  }

  Duration limit() {
    return limit;
  }
}
