package io.ennead.cli.synthetic;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.family.Families;
import io.ennead.router.model.TextTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SyntheticModelTest {
  private static final Path FAMILIES = Path.of("../../expert-node/src/test/resources/families");

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"mixtral", "grok-1", "qwen2_moe", "deepseek_v3", "gpt_oss", "granitemoe"})
  void everyWeightOfTheArchitectureIsWritten(String family) throws IOException {
    Path made = directory.resolve(family);
    long bytes = like(family).write(made, 7);
    Checkpoint checkpoint = Checkpoint.open(made);
    checkpoint.config().denseWeights().forEach(checkpoint::require);
    checkpoint.requireExperts(IntStream.range(0, checkpoint.config().experts()).boxed().toList());
    assertThat(checkpoint.names().stream().mapToLong(name -> checkpoint.info(name).bytes()).sum())
        .isEqualTo(bytes);
    try (TextTokenizer tokenizer = TextTokenizer.open(made)) {
      assertThat(tokenizer.encode("A\n", true)).containsExactly('A', '\n');
    }
  }

  @Test
  void theSameSeedGivesTheSameBytesAndAnotherGivesOthers() throws IOException {
    byte[] first = layer("first", 7);
    assertThat(layer("second", 7)).isEqualTo(first);
    assertThat(layer("third", 8)).hasSameSizeAs(first).isNotEqualTo(first);
  }

  /** Parameters of one expert in one layer, as published: reference sizes in millions. */
  @ParameterizedTest
  @CsvSource({"mixtral-8x7b, 176.2, 8", "grok-1, 604.0, 8", "qwen3-30b-a3b, 4.7, 128"})
  void dimensionsAreThePublishedOnes(String name, double millions, int experts) throws IOException {
    Path config = directory.resolve("config.json");
    try (var json = SyntheticModel.class.getResourceAsStream(name + ".json")) {
      Files.write(config, json.readAllBytes());
    }
    ModelConfig model = Families.read(config);
    long parameters =
        model.moe(0).experts().get(0).weights().mapToLong(weight -> weight.size()).sum();
    assertThat(Math.round(parameters / 1e5) / 10.0).isEqualTo(millions);
    assertThat(model.experts()).isEqualTo(experts);
  }

  private byte[] layer(String name, long seed) throws IOException {
    like("granitemoe").write(directory.resolve(name), seed);
    return Files.readAllBytes(directory.resolve(name).resolve("model-00001.safetensors"));
  }

  private static SyntheticModel like(String family) throws IOException {
    Path config = FAMILIES.resolve(family).resolve("config.json");
    return new SyntheticModel((ObjectNode) new ObjectMapper().readTree(config.toFile()));
  }
}
