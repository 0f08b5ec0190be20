package io.ennead.cli.survival;

import io.ennead.v1.GenerateRequest;
import io.ennead.v1.TokenIds;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Clients that do what clients should not: leave, give too little time, send nonsense, read slowly,
 * crash. Used by one thread; what it does follows from a seed.
 */
final class Mischief {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Duration CRASH_AFTER = Duration.ofSeconds(3);

  private final Client client;
  private final List<GenerateRequest> requests;
  private final String router;
  private final Path directory;
  private final Random random;

  Mischief(
      Client client, List<GenerateRequest> requests, String router, Path directory, long seed) {
    this.client = client;
    this.requests = requests;
    this.router = router;
    this.directory = directory;
    this.random = new Random(seed);
  }

  /** One misdeed, by fixed weights. */
  void act() throws InterruptedException, IOException {
    int weight = random.nextInt(100);
    if (weight < 30) {
      cancel();
    } else if (weight < 60) {
      giveTooLittleTime();
    } else if (weight < 85) {
      sendNonsense();
    } else if (weight < 97) {
      readSlowly();
    } else {
      crash();
    }
  }

  private void cancel() throws InterruptedException {
    int number = random.nextInt(requests.size());
    RecordedCall call = client.send(number, requests.get(number), LIMIT);
    if (random.nextBoolean()) {
      call.firstPiece().await(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }
    call.cancel();
    call.ended().join();
  }

  private void giveTooLittleTime() {
    int number = random.nextInt(requests.size());
    Duration limit = Duration.ofMillis(1 + random.nextInt(300));
    client.send(number, requests.get(number), limit).ended().join();
  }

  private void sendNonsense() {
    GenerateRequest.Builder request = requests.get(0).toBuilder();
    switch (random.nextInt(5)) {
      case 0 -> request.clearTokenIds();
      case 1 -> request.setTokenIds(TokenIds.newBuilder().addIds(1 << 20));
      case 2 -> request.getSamplingBuilder().setTemperature(Double.NaN);
      case 3 -> request.getStoppingBuilder().setMaxTokens(0);
      default -> request.setText("a b ".repeat(100_000));
    }
    client.send(-1, request.build(), LIMIT).ended().join();
  }

  private void readSlowly() throws InterruptedException {
    int number = random.nextInt(requests.size());
    RecordedCall call = client.sendAndReadWhenTold(number, requests.get(number), LIMIT);
    int pieces = random.nextInt(2 * 60);
    for (int i = 0; i < pieces && !call.ended().isDone(); i++) {
      Thread.sleep(20);
      call.readOne();
    }
    call.cancel();
    call.ended().join();
  }

  private void crash() throws IOException, InterruptedException {
    Process process =
        CrashingClient.start(router, random.nextLong(), directory.resolve("crashing-client.log"));
    try {
      process.waitFor(CRASH_AFTER.toMillis(), TimeUnit.MILLISECONDS);
    } finally {
      process.destroyForcibly();
    }
  }
}
