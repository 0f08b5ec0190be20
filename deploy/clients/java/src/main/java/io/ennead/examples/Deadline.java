package io.ennead.examples;

import io.ennead.client.EnneadClient;
import io.ennead.client.Generation;
import io.ennead.errors.ServingException;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.StoppingOptions;
import java.time.Duration;

/** Gives a request less time than it takes: it ends in time, at the router too. */
final class Deadline {
  private Deadline() {}

  public static void main(String[] args) {
    GenerateRequest request =
        GenerateRequest.newBuilder()
            .setText(Common.PROMPT)
            .setStopping(StoppingOptions.newBuilder().setMaxTokens(400).setIgnoreEos(true))
            .build();
    try (EnneadClient client = Common.connect();
        Generation pieces = client.generate(request, Duration.ofMillis(100))) {
      pieces.forEachRemaining(piece -> {});
    } catch (ServingException e) {
      System.out.println(Common.reason(e));
    }
  }
}
