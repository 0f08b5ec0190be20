package io.ennead.examples;

import io.ennead.client.EnneadClient;
import io.ennead.client.Generation;
import io.ennead.v1.Finish;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.SamplingOptions;
import io.ennead.v1.StoppingOptions;
import java.time.Duration;

/** Continues a prompt and waits for the whole answer. */
final class Generate {
  private Generate() {}

  public static void main(String[] args) {
    GenerateRequest request =
        GenerateRequest.newBuilder()
            .setText(Common.PROMPT)
            .setSampling(SamplingOptions.newBuilder().setTemperature(0).setSeed(1))
            .setStopping(StoppingOptions.newBuilder().setMaxTokens(24))
            .build();
    StringBuilder text = new StringBuilder();
    Finish finish = Finish.getDefaultInstance();
    try (EnneadClient client = Common.connect();
        Generation pieces = client.generate(request, Duration.ofMinutes(1))) {
      while (pieces.hasNext()) {
        GenerateResponse piece = pieces.next();
        text.append(piece.getText());
        finish = piece.getFinish();
      }
    }
    System.out.println(Common.PROMPT + text);
    System.out.printf(
        "%d + %d tokens, seed %s, %s%n",
        finish.getPromptTokens(),
        finish.getGeneratedTokens(),
        Long.toUnsignedString(finish.getSeed()),
        finish.getReason());
  }
}
