package io.ennead.cli;

import io.ennead.cli.bench.GhzConfig;
import io.ennead.client.EnneadClient;
import io.ennead.errors.ServingException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which router a client command talks to and how long it may take. */
final class Connection {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(3);
  private static final Duration ADVICE_LIMIT = Duration.ofSeconds(1);
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final String ADDRESS = "127.0.0.1:8470";

  @Option(
      names = "--addr",
      paramLabel = "HOST:PORT",
      description = "The router's gRPC address (default: " + ADDRESS + ").")
  private @Nullable String address;

  @Mixin private CredentialFlags credentials = new CredentialFlags();

  @Option(
      names = "--timeout",
      converter = DurationConverter.class,
      paramLabel = "TIME",
      description = "Time limit of a request (default: 10m).")
  private @Nullable Duration limit;

  /** What a file says, where no flag does. */
  void useUnlessGiven(Optional<String> host, Optional<Duration> timeout) {
    address = address == null ? host.orElse(null) : address;
    limit = limit == null ? timeout.orElse(null) : limit;
  }

  /** The same for TLS. */
  void useUnlessGiven(GhzConfig.Security security) {
    credentials.useUnlessGiven(security);
  }

  EnneadClient open() throws InterruptedException {
    EnneadClient client = EnneadClient.connect(address(), credentials.dialer());
    if (client.awaitConnected(CONNECT_LIMIT)) {
      return client;
    }
    try (client) {
      throw new CommandException(
          "no router answers at %s (%s)".formatted(address(), advice(client)));
    }
  }

  /** A handshake that fails is no missing router. */
  private static String advice(EnneadClient client) {
    try {
      client.health("", ADVICE_LIMIT);
    } catch (ServingException e) {
      String message = String.valueOf(e.getMessage());
      if (message.contains("TLS")) {
        return message;
      }
    }
    return "start one: ./ennead local";
  }

  /** Whether TLS is used. */
  boolean secure() {
    return credentials.secure();
  }

  String address() {
    return address == null ? ADDRESS : address;
  }

  Duration limit() {
    return limit == null ? LIMIT : limit;
  }
}
