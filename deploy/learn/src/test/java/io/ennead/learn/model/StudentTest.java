package io.ennead.learn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.family.Families;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The forward pass against the families' reference, and the loss against plain Java. */
@Timeout(60)
class StudentTest {
  private static final Path FAMILIES = Path.of("../../expert-node/src/test/resources/families");

  @TempDir private Path directory;

  @Test
  void logitsAreThoseOfTheReference() throws IOException {
    Checkpoint checkpoint = Checkpoint.open(FAMILIES.resolve("mixtral"));
    JsonNode golden = new ObjectMapper().readTree(FAMILIES.resolve("mixtral/golden.json").toFile());
    Weights weights = Weights.read(checkpoint);
    int vocabulary = checkpoint.config().vocabularySize();
    try (Student student = Student.open(checkpoint.config(), 1)) {
      for (JsonNode sequence : golden.get("sequences")) {
        int[] ids = ints(sequence.get("input_ids"));
        float[] logits = student.logits(weights, new int[][] {ids, ids});
        JsonNode last = sequence.get("logits_last");
        for (int id = 0; id < vocabulary; id++) {
          for (int copy = 1; copy <= 2; copy++) {
            float logit = logits[(copy * ids.length - 1) * vocabulary + id];
            assertThat((double) logit).isCloseTo(last.get(id).asDouble(), within(1e-4));
          }
        }
      }
    }
  }

  private static int[] ints(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5, 24})
  void lossesAreTheirFormulas(int top) {
    ModelConfig config = TinyModel.of(3, 2);
    Weights weights = Weights.random(config, 1);
    Batch batch = TinyModel.batch(2, 6, top, 8);
    Objective objective = new Objective(0.6, 3);
    try (Student student = Student.open(config, 1)) {
      int[][] inputs = {prefix(batch.tokens()[0]), prefix(batch.tokens()[1])};
      float[] logits = student.logits(weights, inputs);
      double hard = 0;
      double soft = 0;
      for (int row = 0; row < 12; row++) {
        int target = batch.tokens()[row / 6][row % 6 + 1];
        hard -= Math.log(softmax(logits, row, 1)[target]) / 12;
        soft += divergence(batch.labels().get(row / 6), row % 6, softmax(logits, row, 3)) / 12;
      }
      Losses losses = student.losses(weights, batch, objective);
      assertThat(losses.crossEntropy()).isCloseTo(hard, within(1e-5));
      assertThat(losses.divergence()).isCloseTo(soft, within(1e-5));
      assertThat(losses.total()).isCloseTo(0.6 * 9 * soft + 0.4 * hard, within(1e-4));
      assertThat(student.gradients(weights, batch, objective).losses()).isEqualTo(losses);
    }
  }

  private static int[] prefix(int[] tokens) {
    return java.util.Arrays.copyOf(tokens, tokens.length - 1);
  }

  private static double[] softmax(float[] logits, int row, double temperature) {
    int from = row * TinyModel.VOCABULARY;
    double[] weights =
        IntStream.range(0, TinyModel.VOCABULARY)
            .mapToDouble(id -> Math.exp(logits[from + id] / temperature))
            .toArray();
    double sum = IntStream.range(0, weights.length).mapToDouble(id -> weights[id]).sum();
    return IntStream.range(0, weights.length).mapToDouble(id -> weights[id] / sum).toArray();
  }

  private static double divergence(LabelRows labels, int row, double[] student) {
    int width = labels.probabilities().length / 6;
    double sum = 0;
    double left = 1;
    for (int i = 0; i < width; i++) {
      double p = labels.probabilities()[row * width + i];
      double q = student[labels.whole() ? i : labels.ids()[row * width + i]];
      sum += p == 0 ? 0 : p * Math.log(p / q);
      left -= q;
    }
    double remaining = labels.whole() ? 0 : labels.remaining()[row];
    return remaining == 0 ? sum : sum + remaining * Math.log(remaining / Math.max(left, 1e-6));
  }

  @Test
  void whatIsWrittenIsReadAgain() throws IOException {
    Path teacher = Files.createDirectory(directory.resolve("teacher"));
    Files.writeString(
        teacher.resolve("config.json"),
        "{\"vocab_size\": 24, \"bos_token_id\": 0, \"eos_token_id\": 1, \"max_position_embeddings\": 64}");
    Files.writeString(teacher.resolve("tokenizer.json"), "{}");
    StudentFiles files =
        StudentFiles.write(
            directory.resolve("student"), new StudentShape(16, 2, 4, 2, 12, 3, 2), teacher);
    Weights weights = Weights.random(files.config(), new Random().nextLong());
    files.write(weights);
    Checkpoint checkpoint = Checkpoint.open(directory.resolve("student"));
    checkpoint.requireExperts(List.of(0, 1, 2));
    Weights read = Weights.read(checkpoint);
    assertThat(read.names()).isEqualTo(weights.names());
    for (String name : weights.names()) {
      assertThat(read.get(name)).as(name).isEqualTo(weights.get(name));
    }
    assertThat(directory.resolve("student/tokenizer.json")).exists();
  }

  @ParameterizedTest
  @ValueSource(strings = {"grok-1", "deepseek_v3", "gpt_oss", "qwen2_moe", "qwen3_moe"})
  void whatCannotBeTrainedIsRefused(String family) {
    ModelConfig config = Families.read(FAMILIES.resolve(family).resolve("config.json"));
    assertThatThrownBy(() -> Student.open(config, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected: ");
  }
}
