package io.ennead.router.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.errors.ServingException;
import io.ennead.router.sample.Penalties;
import io.ennead.router.sample.SamplingOptions;
import io.ennead.router.sample.Truncation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerationDefaultsTest {
  @TempDir private Path model;

  @Test
  void withoutTheFileTheModelsOwnDistributionHolds() {
    assertThat(GenerationDefaults.read(model, List.of(2), 100).sampling())
        .isEqualTo(SamplingOptions.DEFAULT);
  }

  @Test
  void everyKeyThatIsKnownIsRead() throws IOException {
    SamplingOptions sampling =
        read(
            """
            {"do_sample": true, "temperature": 0.6, "top_k": 20, "top_p": 0.95, "min_p": 0.01,
             "typical_p": 0.9, "repetition_penalty": 1.05}
            """);
    assertThat(sampling)
        .isEqualTo(
            SamplingOptions.of(0.6, 20, 0.95, 0.01)
                .withTruncation(
                    Truncation.NONE.withTopK(20).withTopP(0.95).withMinP(0.01).withTypicalP(0.9))
                .withPenalties(new Penalties(1.05, 0, 0, 0)));
  }

  @Test
  void greedyKeepsTheRepetitionPenalty() throws IOException {
    assertThat(read("{\"temperature\": 0.6, \"repetition_penalty\": 1.1}"))
        .isEqualTo(SamplingOptions.GREEDY.withPenalties(new Penalties(1.1, 0, 0, 0)));
  }

  @Test
  void aTemperatureThatTransformersWouldRefuseIsRefused() {
    assertThatThrownBy(() -> read("{\"do_sample\": true, \"temperature\": -1}"))
        .isInstanceOf(ServingException.class)
        .hasMessageStartingWith("generation_config.json: temperature: -1.0");
  }

  @Test
  void tokensThatEndASequenceAreOfTheVocabulary() throws IOException {
    for (String id : List.of("-1", "100", "[2, 100]", "1.5", "\"2\"")) {
      assertThatThrownBy(() -> read("{\"eos_token_id\": %s}".formatted(id)))
          .isInstanceOf(ServingException.class)
          .hasMessageStartingWith("generation_config.json: eos_token_id: ")
          .hasMessageEndingWith("(expected: 0 to 99)");
    }
    Files.writeString(model.resolve("generation_config.json"), "{\"eos_token_id\": [2, 99]}");
    assertThat(GenerationDefaults.read(model, List.of(), 100).endOfSequence())
        .containsExactlyInAnyOrder(2, 99);
  }

  @Test
  void aFileThatIsNoJsonIsNamed() {
    assertThatThrownBy(() -> read("{\"temperature\": 0.6"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(model.resolve("generation_config.json").toString());
  }

  private SamplingOptions read(String json) throws IOException {
    Files.writeString(model.resolve("generation_config.json"), json);
    return GenerationDefaults.read(model, List.of(), 100).sampling();
  }
}
