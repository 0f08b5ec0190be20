package io.ennead.cli.survival;

import io.ennead.client.EnneadClient;
import io.ennead.v1.GenerateRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A process that sends requests till it is killed. */
final class CrashingClient {
  private static final int STREAMS = 4;
  private static final int TOKENS = 200;

  private CrashingClient() {}

  /** Takes the address of a router and a seed. */
  public static void main(String[] args) {
    try (EnneadClient client = EnneadClient.connect(args[0])) {
      List<GenerateRequest> requests =
          Requests.random(Long.parseLong(args[1]), STREAMS, TOKENS, TOKENS + 1);
      while (true) {
        requests.stream()
            .map(request -> client.generate(request, Duration.ofMinutes(1), piece -> {}))
            .toList()
            .forEach(CrashingClient::await);
      }
    }
  }

  private static void await(CompletableFuture<?> answer) {
    var unused = answer.exceptionally(error -> null).join(); // failures are no news here
  }

  /** Starts it in a process of its own. */
  static Process start(String router, long seed, Path log) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new ProcessBuilder(
            java,
            "-Xmx64m",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            CrashingClient.class.getName(),
            router,
            Long.toString(seed))
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }
}
