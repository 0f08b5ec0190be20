package io.ennead.examples;

import io.ennead.client.EnneadClient;
import io.ennead.client.Generation;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.SamplingOptions;
import io.ennead.v1.StoppingOptions;
import java.time.Duration;

/** Shows a continuation as it is made: text comes when it is certain, mostly a token at a time. */
final class Stream {
  private Stream() {}

  public static void main(String[] args) {
    GenerateRequest request =
        GenerateRequest.newBuilder()
            .setText(Common.PROMPT)
            .setSampling(SamplingOptions.newBuilder().setTemperature(0.8).setTopP(0.95).setSeed(7))
            .setStopping(StoppingOptions.newBuilder().setMaxTokens(24))
            .build();
    try (EnneadClient client = Common.connect();
        Generation pieces = client.generate(request, Duration.ofMinutes(1))) {
      while (pieces.hasNext()) {
        System.out.print("[" + pieces.next().getText() + "]");
        System.out.flush();
      }
    }
    System.out.println();
  }
}
