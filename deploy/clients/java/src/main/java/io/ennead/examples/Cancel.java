package io.ennead.examples;

import io.ennead.client.EnneadClient;
import io.ennead.client.Generation;
import io.ennead.errors.ServingException;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.StoppingOptions;
import java.time.Duration;

/** Stops reading after five pieces: the router ends the generation and frees its memory. */
final class Cancel {
  private Cancel() {}

  public static void main(String[] args) {
    GenerateRequest request =
        GenerateRequest.newBuilder()
            .setText(Common.PROMPT)
            .setStopping(StoppingOptions.newBuilder().setMaxTokens(400).setIgnoreEos(true))
            .build();
    int read = 0;
    try (EnneadClient client = Common.connect();
        Generation pieces = client.generate(request, Duration.ofMinutes(1))) {
      while (pieces.hasNext()) {
        pieces.next();
        read++;
        if (read == 5) {
          pieces.cancel(); // closing does the same
        }
      }
    } catch (ServingException e) {
      System.out.printf("%s after %d pieces%n", Common.reason(e), read);
    }
  }
}
