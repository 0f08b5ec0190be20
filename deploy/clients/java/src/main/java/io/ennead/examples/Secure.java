package io.ennead.examples;

import io.ennead.client.EnneadClient;
import io.ennead.client.EnneadClientBuilder;
import io.ennead.errors.ServingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Connects with TLS, shows an API key, and what happens without one. */
final class Secure {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private Secure() {}

  public static void main(String[] args) throws IOException {
    String key = Files.readString(Path.of(System.getenv("ENNEAD_API_KEY_FILE"))).strip();
    try (EnneadClient client = secure().apiKey(key).build()) {
      client
          .listModels(LIMIT)
          .getModelsList()
          .forEach(model -> System.out.println("serves " + model.getName()));
    }
    try (EnneadClient stranger = secure().build()) {
      stranger.listModels(LIMIT);
    } catch (ServingException e) {
      System.out.println("without a key: " + Common.reason(e));
    }
  }

  private static EnneadClientBuilder secure() {
    return EnneadClient.builder(System.getenv("ENNEAD_SECURE_ADDR"))
        .tls(Path.of(System.getenv("ENNEAD_TLS_CA")));
  }
}
